//! Workspaces: what the API of this installation serves (D22).

use crate::closed_set;
use crate::problem::Fault;

closed_set! {
    /// Whether a workspace takes runs.
    pub enum WorkspaceStatus as "WorkspaceStatusWord": "Whether a workspace takes runs."(
        /// The name on a page.
        label: &'static str,
    ) {
        /// It takes runs, and workers get them.
        Running = "running" ("Running"),
        /// It takes no runs, and its queued runs wait.
        Stopped = "stopped" ("Stopped"),
    }
}

closed_set! {
    /// The provider of a workspace's model.
    pub enum Provider(
        /// The model of a workspace that does not specify one.
        default_model: &'static str,
        /// The name on a page.
        label: &'static str,
    ) {
        /// Anthropic's own API.
        Anthropic = "anthropic" ("claude-sonnet-4-20250514", "Anthropic"),
        /// Google Vertex AI.
        VertexAi = "vertex_ai" ("gemini-2.5-pro", "Google Vertex AI"),
        /// OpenAI's own API.
        OpenAi = "openai" ("gpt-4.1", "OpenAI"),
    }
}

impl Provider {
    /// Reads the word of a request.
    ///
    /// # Errors
    /// `Missing`, or `Unknown` with the accepted words.
    pub fn parse(text: &str) -> Result<Self, Fault> {
        if text.is_empty() {
            return Err(Fault::Missing);
        }
        Ok(text.parse()?)
    }
}

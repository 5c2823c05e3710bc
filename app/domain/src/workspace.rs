//! Workspaces: what the API of this installation serves (D22).

use crate::closed_set;
use crate::problem::Fault;

closed_set! {
    /// The provider of a workspace's model.
    pub enum Provider(
        /// The model of a workspace that does not specify one.
        default_model: &'static str,
    ) {
        /// Anthropic's own API.
        Anthropic = "anthropic" ("claude-sonnet-4-20250514"),
        /// Google Vertex AI.
        VertexAi = "vertex_ai" ("gemini-2.5-pro"),
        /// OpenAI's own API.
        OpenAi = "openai" ("gpt-4.1"),
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

//! Workspaces: what the API of this installation serves (decision D22).

use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::problem::Fault;

/// Who runs the model of a workspace.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Provider {
    /// Anthropic's own API.
    Anthropic,
    /// Google Vertex AI.
    VertexAi,
    /// OpenAI's own API.
    #[serde(rename = "openai")]
    OpenAi,
}

impl Provider {
    /// Every provider.
    pub const ALL: [Self; 3] = [Self::Anthropic, Self::VertexAi, Self::OpenAi];

    /// The word in the database and the API.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Anthropic => "anthropic",
            Self::VertexAi => "vertex_ai",
            Self::OpenAi => "openai",
        }
    }

    /// The model of a workspace that names none.
    pub const fn default_model(self) -> &'static str {
        match self {
            Self::Anthropic => "claude-sonnet-4-20250514",
            Self::VertexAi => "gemini-2.5-pro",
            Self::OpenAi => "gpt-4.1",
        }
    }

    /// Reads the word of a request.
    ///
    /// # Errors
    /// `Missing`, or `Unknown` with the words that are known.
    pub fn parse(text: &str) -> Result<Self, Fault> {
        if text.is_empty() {
            return Err(Fault::Missing);
        }
        text.parse().map_err(|()| Fault::Unknown { known: Self::ALL.map(Self::as_str).join(", ") })
    }
}

impl FromStr for Provider {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        Self::ALL.into_iter().find(|provider| provider.as_str() == text).ok_or(())
    }
}

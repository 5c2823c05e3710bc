//! Commands for consumers.

use serde_json::{Map, Value};

use super::Faults;
use crate::consumer::{ExternalId, Metadata};
use crate::id::ActorId;
use crate::ip::IpBlocks;
use crate::problem::{Fault, FieldFault};
use crate::text::Name;

/// Create a consumer.
#[derive(Clone, Debug)]
pub struct CreateConsumer {
    /// Its id in the organization's own systems.
    pub external_id: ExternalId,
    /// Its name; by default the external id.
    pub name: Name,
    /// What the organization notes about it.
    pub metadata: Metadata,
    /// The IP addresses that its keys can be used from.
    pub allowed_ips: IpBlocks,
}

impl CreateConsumer {
    /// Reads the fields of a body. Every IP address is allowed.
    ///
    /// # Errors
    /// Every invalid field.
    pub fn read(
        external_id: &str,
        name: Option<&str>,
        metadata: Map<String, Value>,
    ) -> Result<Self, Vec<FieldFault>> {
        Self::with(external_id, name, Metadata::read(metadata))
    }

    /// Reads the fields of a form, which has the metadata as JSON text.
    ///
    /// # Errors
    /// Every invalid field.
    pub fn read_form(
        external_id: &str,
        name: Option<&str>,
        metadata: &str,
    ) -> Result<Self, Vec<FieldFault>> {
        Self::with(external_id, name, Metadata::read_text(metadata))
    }

    fn with(
        external_id: &str,
        name: Option<&str>,
        metadata: Result<Metadata, Fault>,
    ) -> Result<Self, Vec<FieldFault>> {
        let mut faults = Faults::default();
        let id = faults.take("external_id", external_id.parse());
        let short: String = external_id.chars().take(Name::MAX).collect();
        let name = match name.filter(|name| !name.trim().is_empty()) {
            Some(name) => faults.take("name", Name::parse(name)),
            None => Name::parse(&short).ok(),
        };
        let metadata = faults.take("metadata", metadata);
        faults.done(|| {
            Some(Self {
                external_id: id?,
                name: name?,
                metadata: metadata?,
                allowed_ips: IpBlocks::default(),
            })
        })
    }
}

/// Change a consumer.
#[derive(Clone, Debug)]
pub struct ChangeConsumer {
    /// The consumer.
    pub actor: ActorId,
    /// Its new name.
    pub name: Option<Name>,
    /// What the organization notes about it, in place of what it noted before.
    pub metadata: Option<Metadata>,
    /// Whether its keys are refused.
    pub paused: Option<bool>,
    /// The IP addresses that its keys can be used from.
    pub allowed_ips: Option<IpBlocks>,
}

impl ChangeConsumer {
    /// Reads the fields of a body, except the IP addresses.
    ///
    /// # Errors
    /// Every invalid field.
    pub fn read(
        actor: ActorId,
        name: Option<&str>,
        metadata: Option<Map<String, Value>>,
        paused: Option<bool>,
    ) -> Result<Self, Vec<FieldFault>> {
        Self::with(actor, name, metadata.map(Metadata::read), paused)
    }

    /// Reads the fields of a form, which has the metadata as JSON text.
    ///
    /// # Errors
    /// Every invalid field.
    pub fn read_form(
        actor: ActorId,
        name: Option<&str>,
        metadata: Option<&str>,
        paused: Option<bool>,
    ) -> Result<Self, Vec<FieldFault>> {
        Self::with(actor, name, metadata.map(Metadata::read_text), paused)
    }

    fn with(
        actor: ActorId,
        name: Option<&str>,
        metadata: Option<Result<Metadata, Fault>>,
        paused: Option<bool>,
    ) -> Result<Self, Vec<FieldFault>> {
        let mut faults = Faults::default();
        let name = faults.take("name", name.map(Name::parse).transpose());
        let metadata = faults.take("metadata", metadata.transpose());
        faults.done(|| {
            Some(Self {
                actor,
                name: name?,
                metadata: metadata?,
                paused,
                allowed_ips: None,
            })
        })
    }
}

/// Which consumers to list.
#[derive(Clone, Debug, Default)]
pub struct ConsumerQuery {
    /// Only the consumer with this external id.
    pub external_id: Option<ExternalId>,
    /// Only consumers whose name or external id contains this text, in any case.
    pub text: Option<String>,
    /// Only consumers that were created before this one.
    pub before: Option<ActorId>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_default_name_of_a_consumer_is_its_external_id() {
        let read = |name| CreateConsumer::read("customer_42", name, Map::new());
        for none in [None, Some(""), Some(" ")] {
            let command = read(none).expect("valid");
            assert_eq!(command.name.as_str(), "customer_42");
        }
        let command = read(Some("Initech")).expect("valid");
        assert_eq!(command.name.as_str(), "Initech");
        let long = "a".repeat(128);
        assert!(CreateConsumer::read(&long, None, Map::new()).is_ok());
    }

    #[test]
    fn every_invalid_field_is_reported() {
        let large = Map::from_iter([("k".to_owned(), Value::String("a".repeat(5_000)))]);
        let faults = CreateConsumer::read("", Some("\u{200b}"), large).expect_err("faults");
        let fields: Vec<_> = faults.iter().map(|fault| &fault.field).collect();
        assert_eq!(fields, ["external_id", "name", "metadata"]);
    }
}

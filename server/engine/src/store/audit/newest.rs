//! The newest event that changed a row: its number must be that of the row.

/// The events that change what the row of an API key says.
macro_rules! key_events {
    () => {
        "'key.created', 'key.narrowed', 'key.expiration_changed', 'key.allowed_ips_changed', 'key.rotated', \
         'key.exposed', 'key.expired', 'key.revoked'"
    };
}
pub(in crate::store) use key_events;

/// The kinds of actors.
macro_rules! actor_kinds {
    () => {
        "'member', 'service_account', 'consumer'"
    };
}
pub(in crate::store) use actor_kinds;

/// The events that change what the row of an actor says.
macro_rules! actor_events {
    () => {
        "'member.joined', 'member.role_changed', 'member.removed', 'member.left', 'service_account.created', \
         'service_account.changed', 'consumer.created', 'consumer.changed'"
    };
}
pub(in crate::store) use actor_events;

/// The events that change what the row of an API says.
macro_rules! api_events {
    () => {
        "'api.created', 'api.changed'"
    };
}
pub(in crate::store) use api_events;

/// The events that change what the row of an invitation says.
macro_rules! invitation_events {
    () => {
        "'invitation.created', 'invitation.accepted', 'invitation.revoked'"
    };
}
pub(in crate::store) use invitation_events;

/// The number of the newest of these events about an object, or 0. If all of them were removed
/// because of their age, it is the floor of the object.
macro_rules! newest_of {
    ($organization:expr, $kinds:expr, $object:expr, $actions:expr) => {
        concat!(
            "(SELECT COALESCE(MAX(e.n), (SELECT MAX(f.n) FROM audit_floors f WHERE f.organization_id = ",
            $organization,
            " AND f.object_kind IN (",
            $kinds,
            ") AND f.object_id = ",
            $object,
            "), 0) FROM audit_events e WHERE e.organization_id = ",
            $organization,
            " AND e.object_kind IN (",
            $kinds,
            ") AND e.object_id = ",
            $object,
            " AND e.action IN (",
            $actions,
            "))"
        )
    };
}
pub(in crate::store) use newest_of;

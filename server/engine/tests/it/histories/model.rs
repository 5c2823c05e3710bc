//! A model without a database: memberships, roles of keys, and open links.

use domain::{Code, Role};

use super::{MEMBERS, PEOPLE};

pub type Outcome<T = ()> = Result<T, Code>;

/// One membership, from joining to leaving. A person who rejoins gets another one.
#[derive(Clone, Copy)]
struct Member {
    person: usize,
    role: Role,
    gone: bool,
}

/// The owner of a key, by its index.
#[derive(Clone, Copy, PartialEq)]
enum Owner {
    Member(usize),
    Service(usize),
}

struct Key {
    owner: Owner,
    cap: Role,
    revoked: bool,
}

struct InvitationLink {
    to: usize,
    from: usize,
    role: Role,
    open: bool,
}

/// Only owners add owners, and members add no one (D5).
fn may_give(own: Role, role: Role) -> bool {
    own >= Role::Admin && (role != Role::Owner || own == Role::Owner)
}

pub struct Model {
    members: Vec<Member>,
    services: Vec<Role>,
    keys: Vec<Key>,
    links: Vec<InvitationLink>,
}

impl Model {
    pub fn new() -> Self {
        let member = |(person, role)| Member {
            person,
            role,
            gone: false,
        };
        let members = MEMBERS
            .into_iter()
            .enumerate()
            .map(|(person, (_, role))| member((person, role)))
            .collect();
        Self {
            members,
            services: Vec::new(),
            keys: Vec::new(),
            links: Vec::new(),
        }
    }

    pub fn keys(&self) -> usize {
        self.keys.len()
    }

    /// The latest membership of a person, current or past.
    pub fn member_of(&self, who: usize) -> Option<usize> {
        self.members
            .iter()
            .rposition(|member| member.person == who)
    }

    fn current_member(&self, who: usize) -> Option<usize> {
        self.member_of(who)
            .filter(|member| !self.members[*member].gone)
    }

    pub fn session(&self, who: usize) -> Outcome<Role> {
        self.current_member(who)
            .map(|member| self.members[member].role)
            .ok_or(Code::Forbidden)
    }

    pub fn current_owner(&self) -> Option<usize> {
        (0..PEOPLE.len()).find(|who| self.session(*who) == Ok(Role::Owner))
    }

    pub fn person_of(&self, key: usize) -> Option<usize> {
        match self.keys[key].owner {
            Owner::Member(member) => Some(self.members[member].person),
            Owner::Service(_) => None,
        }
    }

    pub fn is_revoked(&self, key: usize) -> bool {
        self.keys[key].revoked
    }

    /// D6: the lower of the key's role and its owner's current role.
    pub fn power(&self, key: usize) -> Outcome<Role> {
        let key = &self.keys[key];
        let role = match key.owner {
            _ if key.revoked => return Err(Code::Unauthorized),
            Owner::Member(member) if self.members[member].gone => return Err(Code::Forbidden),
            Owner::Member(member) => self.members[member].role,
            Owner::Service(service) => self.services[service],
        };
        Ok(role.min(key.cap))
    }

    pub fn change_role(&mut self, by: usize, of: usize, to: Role) -> Outcome {
        let member = self.manageable(by, of, Some(to))?;
        self.keeping_an_owner(member, |member| member.role = to)
    }

    pub fn remove(&mut self, by: usize, of: usize) -> Outcome {
        let member = self.manageable(by, of, None)?;
        self.deactivate(member)
    }

    pub fn leave(&mut self, by: usize) -> Outcome {
        let member = self.current_member(by).ok_or(Code::Forbidden)?;
        self.deactivate(member)
    }

    /// Removes a member, and transfers one of their keys to a new service account.
    pub fn hand_over(&mut self, by: usize, of: usize, key: usize) -> Outcome {
        let member = self.manageable(by, of, None)?;
        if self.keys[key].revoked || self.keys[key].owner != Owner::Member(member) {
            return Err(Code::NotFound);
        }
        let owned = self.members[member].role;
        let successor = self.keys[key]
            .cap
            .min(owned)
            .min(self.session(by)?)
            .min(Role::Admin);
        self.deactivate(member)?;
        self.keys[key].revoked = true;
        self.services.push(successor);
        self.keys.push(Key {
            owner: Owner::Service(self.services.len() - 1),
            cap: successor,
            revoked: false,
        });
        Ok(())
    }

    pub fn invite(&mut self, by: usize, to: usize, role: Role) -> Outcome {
        let own = self.session(by)?;
        if !may_give(own, role) {
            return Err(Code::Forbidden);
        }
        if self.current_member(to).is_some() {
            return Err(Code::Conflict);
        }
        // An admin cannot replace the invitation of an owner.
        if self
            .links
            .iter()
            .any(|link| link.to == to && link.open && !may_give(own, link.role))
        {
            return Err(Code::Forbidden);
        }
        self.links
            .iter_mut()
            .filter(|link| link.to == to)
            .for_each(|link| link.open = false);
        let from = self.current_member(by).ok_or(Code::Forbidden)?;
        self.links.push(InvitationLink {
            to,
            from,
            role,
            open: true,
        });
        Ok(())
    }

    pub fn accept(&mut self, who: usize, link: usize) -> Outcome {
        let InvitationLink {
            to,
            role,
            open,
            from,
        } = self.links[link];
        // The sender must still be allowed to assign the role.
        if !open || !may_give(self.members[from].role, role) {
            return Err(Code::NotFound);
        }
        if to != who {
            return Err(Code::WrongAddress);
        }
        self.links[link].open = false;
        self.members.push(Member {
            person: who,
            role,
            gone: false,
        });
        Ok(())
    }

    pub fn create(&mut self, by: usize) -> Outcome {
        let cap = self.session(by)?;
        let owner = Owner::Member(self.current_member(by).ok_or(Code::Forbidden)?);
        self.keys.push(Key {
            owner,
            cap,
            revoked: false,
        });
        Ok(())
    }

    pub fn revoke(&mut self, by: usize, key: usize) -> Outcome {
        let (role, member) = (
            self.session(by)?,
            self.current_member(by).ok_or(Code::Forbidden)?,
        );
        self.end(role, Owner::Member(member), key)
    }

    pub fn revoke_by_key(&mut self, by: usize, key: usize) -> Outcome {
        let role = self.power(by)?;
        self.end(role, self.keys[by].owner, key)
    }

    fn end(&mut self, role: Role, owner: Owner, key: usize) -> Outcome {
        if role < Role::Admin && self.keys[key].owner != owner {
            return Err(Code::Forbidden);
        }
        self.keys[key].revoked = true;
        Ok(())
    }

    /// The members that a person may change. Only owners add and remove owners (D5).
    fn manageable(&self, by: usize, of: usize, to: Option<Role>) -> Outcome<usize> {
        let role = self.session(by)?;
        if role < Role::Admin || (to == Some(Role::Owner) && role != Role::Owner) {
            return Err(Code::Forbidden);
        }
        let member = self.current_member(of).ok_or(Code::NotFound)?;
        if self.members[member].role == Role::Owner && role != Role::Owner {
            Err(Code::Forbidden)
        } else {
            Ok(member)
        }
    }

    fn deactivate(&mut self, member: usize) -> Outcome {
        self.keeping_an_owner(member, |member| member.gone = true)?;
        let person = self.members[member].person;
        let theirs = self
            .links
            .iter_mut()
            .filter(|link| link.from == member || link.to == person);
        theirs.for_each(|link| link.open = false);
        Ok(())
    }

    /// An organization keeps an owner (D5).
    fn keeping_an_owner(&mut self, member: usize, change: impl Fn(&mut Member)) -> Outcome {
        let before = self.members[member];
        change(&mut self.members[member]);
        if self.current_owner().is_some() {
            return Ok(());
        }
        self.members[member] = before;
        Err(Code::Conflict)
    }
}

//! What should be, told without a database: who sits where, what each key may do, which link is open.

use domain::{Code, Role};

use super::{MEMBERS, PEOPLE};

pub type Outcome<T = ()> = Result<T, Code>;

/// One membership, from joining to going. Whoever comes back sits on another seat.
#[derive(Clone, Copy)]
struct Seat {
    person: usize,
    role: Role,
    gone: bool,
}

/// Whose a key is, by the turn in which they came.
#[derive(Clone, Copy, PartialEq)]
enum Owner {
    Seat(usize),
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

/// Only owners make owners, and members make nobody (decision D5).
fn may_give(own: Role, role: Role) -> bool {
    own >= Role::Admin && (role != Role::Owner || own == Role::Owner)
}

pub struct Model {
    seats: Vec<Seat>,
    services: Vec<Role>,
    keys: Vec<Key>,
    links: Vec<InvitationLink>,
}

impl Model {
    pub fn new() -> Self {
        let seat = |(person, role)| Seat { person, role, gone: false };
        let seats = MEMBERS.into_iter().enumerate().map(|(person, (_, role))| seat((person, role))).collect();
        Self { seats, services: Vec::new(), keys: Vec::new(), links: Vec::new() }
    }

    pub fn keys(&self) -> usize {
        self.keys.len()
    }

    /// The newest seat of a person, left or not.
    pub fn seat_of(&self, who: usize) -> Option<usize> {
        self.seats.iter().rposition(|seat| seat.person == who)
    }

    fn sitting(&self, who: usize) -> Option<usize> {
        self.seat_of(who).filter(|seat| !self.seats[*seat].gone)
    }

    pub fn session(&self, who: usize) -> Outcome<Role> {
        self.sitting(who).map(|seat| self.seats[seat].role).ok_or(Code::Forbidden)
    }

    pub fn an_owner(&self) -> Option<usize> {
        (0..PEOPLE.len()).find(|who| self.session(*who) == Ok(Role::Owner))
    }

    pub fn person_of(&self, key: usize) -> Option<usize> {
        match self.keys[key].owner {
            Owner::Seat(seat) => Some(self.seats[seat].person),
            Owner::Service(_) => None,
        }
    }

    pub fn is_revoked(&self, key: usize) -> bool {
        self.keys[key].revoked
    }

    /// Decision D6: the lower of what the key was given and what its owner is now.
    pub fn power(&self, key: usize) -> Outcome<Role> {
        let key = &self.keys[key];
        let role = match key.owner {
            _ if key.revoked => return Err(Code::Unauthorized),
            Owner::Seat(seat) if self.seats[seat].gone => return Err(Code::Forbidden),
            Owner::Seat(seat) => self.seats[seat].role,
            Owner::Service(service) => self.services[service],
        };
        Ok(role.min(key.cap))
    }

    pub fn change_role(&mut self, by: usize, of: usize, to: Role) -> Outcome {
        let seat = self.manageable(by, of, Some(to))?;
        self.with_an_owner(seat, |seat| seat.role = to)
    }

    pub fn remove(&mut self, by: usize, of: usize) -> Outcome {
        let seat = self.manageable(by, of, None)?;
        self.take_out(seat)
    }

    pub fn leave(&mut self, by: usize) -> Outcome {
        let seat = self.sitting(by).ok_or(Code::Forbidden)?;
        self.take_out(seat)
    }

    /// Removes someone, and gives a new service account a successor of one of their keys.
    pub fn hand_over(&mut self, by: usize, of: usize, key: usize) -> Outcome {
        let seat = self.manageable(by, of, None)?;
        if self.keys[key].revoked || self.keys[key].owner != Owner::Seat(seat) {
            return Err(Code::NotFound);
        }
        let owned = self.seats[seat].role;
        let heir = self.keys[key].cap.min(owned).min(self.session(by)?).min(Role::Admin);
        self.take_out(seat)?;
        self.keys[key].revoked = true;
        self.services.push(heir);
        self.keys.push(Key { owner: Owner::Service(self.services.len() - 1), cap: heir, revoked: false });
        Ok(())
    }

    pub fn invite(&mut self, by: usize, to: usize, role: Role) -> Outcome {
        let own = self.session(by)?;
        if !may_give(own, role) {
            return Err(Code::Forbidden);
        }
        if self.sitting(to).is_some() {
            return Err(Code::Conflict);
        }
        // What an owner offered is not an admin's to replace.
        if self.links.iter().any(|link| link.to == to && link.open && !may_give(own, link.role)) {
            return Err(Code::Forbidden);
        }
        self.links.iter_mut().filter(|link| link.to == to).for_each(|link| link.open = false);
        let from = self.sitting(by).ok_or(Code::Forbidden)?;
        self.links.push(InvitationLink { to, from, role, open: true });
        Ok(())
    }

    pub fn accept(&mut self, who: usize, link: usize) -> Outcome {
        let InvitationLink { to, role, open, from } = self.links[link];
        // Whoever sent it must still be allowed to.
        if !open || !may_give(self.seats[from].role, role) {
            return Err(Code::NotFound);
        }
        if to != who {
            return Err(Code::WrongAddress);
        }
        self.links[link].open = false;
        self.seats.push(Seat { person: who, role, gone: false });
        Ok(())
    }

    pub fn create(&mut self, by: usize) -> Outcome {
        let cap = self.session(by)?;
        let owner = Owner::Seat(self.sitting(by).ok_or(Code::Forbidden)?);
        self.keys.push(Key { owner, cap, revoked: false });
        Ok(())
    }

    pub fn revoke(&mut self, by: usize, key: usize) -> Outcome {
        let (role, seat) = (self.session(by)?, self.sitting(by).ok_or(Code::Forbidden)?);
        self.end(role, Owner::Seat(seat), key)
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

    /// Whom someone may change; only owners make, unmake and remove owners (decision D5).
    fn manageable(&self, by: usize, of: usize, to: Option<Role>) -> Outcome<usize> {
        let role = self.session(by)?;
        if role < Role::Admin || (to == Some(Role::Owner) && role != Role::Owner) {
            return Err(Code::Forbidden);
        }
        let seat = self.sitting(of).ok_or(Code::NotFound)?;
        if self.seats[seat].role == Role::Owner && role != Role::Owner { Err(Code::Forbidden) } else { Ok(seat) }
    }

    fn take_out(&mut self, seat: usize) -> Outcome {
        self.with_an_owner(seat, |seat| seat.gone = true)?;
        let person = self.seats[seat].person;
        let theirs = self.links.iter_mut().filter(|link| link.from == seat || link.to == person);
        theirs.for_each(|link| link.open = false);
        Ok(())
    }

    /// An organization keeps an owner (decision D5).
    fn with_an_owner(&mut self, seat: usize, change: impl Fn(&mut Seat)) -> Outcome {
        let before = self.seats[seat];
        change(&mut self.seats[seat]);
        if self.an_owner().is_some() {
            return Ok(());
        }
        self.seats[seat] = before;
        Err(Code::Conflict)
    }
}

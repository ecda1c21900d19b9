//! The states of the review, and the steps that lead from one to the next.

use crate::api_key::Scope;

crate::words! {
    /// Review state of an asset's current version.
    Status {
        /// Not submitted.
        Draft = "draft",
        /// Waiting for a reviewer.
        PendingReview = "pending_review",
        /// Approved.
        Approved = "approved",
        /// Out of use.
        Archived = "archived",
    }
}

crate::words! {
    /// A step of the review.
    Action {
        /// Asks for a review.
        Submit = "submit",
        /// Lets consumers read the version.
        Approve = "approve",
        /// Sends the version back, and takes an approval of it away. Also as its route is written.
        #[serde(alias = "request-changes")]
        RequestChanges = "request_changes",
        /// Takes the asset out of use: consumers read no version of it.
        Archive = "archive",
        /// Brings an archived asset back, to be reviewed anew.
        Restore = "restore",
    }
}

impl Action {
    /// The state that the action leads to from `from`; none where it is not allowed. The one table of
    /// transitions.
    #[must_use]
    pub const fn from(self, from: Status) -> Option<Status> {
        use Status::{Approved, Archived, Draft, PendingReview};
        match (self, from) {
            (Self::Submit, Draft) => Some(PendingReview),
            (Self::Approve, PendingReview) => Some(Approved),
            (Self::RequestChanges, PendingReview | Approved) | (Self::Restore, Archived) => {
                Some(Draft)
            }
            (Self::Archive, Draft | PendingReview | Approved) => Some(Archived),
            (Self::Submit, PendingReview | Approved | Archived)
            | (Self::Approve, Draft | Approved | Archived)
            | (Self::RequestChanges, Draft | Archived)
            | (Self::Archive, Archived)
            | (Self::Restore, Draft | PendingReview | Approved) => None,
        }
    }

    /// The scope that it takes, wherever it is asked for.
    #[must_use]
    pub const fn scope(self) -> Scope {
        match self {
            Self::Submit => Scope::Write,
            Self::Approve | Self::RequestChanges | Self::Archive | Self::Restore => Scope::Review,
        }
    }

    /// The actions that are allowed from `from`.
    pub fn allowed(from: Status) -> impl Iterator<Item = Self> {
        Self::ALL.into_iter().filter(move |action| action.from(from).is_some())
    }
}

/// That an action is not allowed in the state that the asset is in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NotAllowed {
    /// The action.
    pub action: Action,
    /// The state.
    pub from: Status,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_state_can_be_left_and_reached() {
        for status in Status::ALL {
            assert!(Action::allowed(status).count() > 0, "{status:?} can be left");
            let reached =
                |action: Action| Status::ALL.iter().any(|s| action.from(*s) == Some(status));
            assert!(Action::ALL.into_iter().any(reached), "{status:?} can be reached");
        }
        let approving = Status::ALL.map(|from| Action::Approve.from(from));
        assert_eq!(approving, [None, Some(Status::Approved), None, None]);
    }
}

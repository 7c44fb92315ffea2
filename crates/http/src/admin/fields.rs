//! Challenge groups and participations as JSON. What is read can be sent back.

use injeung_domain::{
    ChallengeGroup, GroupId, IdError, Participation, ParticipationId, Schedule, TimeZone, UserId,
    parse_date, parse_end_time, parse_start_time,
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::access::AdminError;

/// A challenge group.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = Group)]
pub(crate) struct GroupFields {
    /// Id of the client app. In a `PUT` it can be left out, because the path has it.
    #[serde(default)]
    #[schema(minimum = 1)]
    id: Option<i64>,
    /// Display name.
    #[serde(default)]
    name: Option<String>,
    /// First day, `YYYY-MM-DD`.
    #[schema(example = "2026-12-01")]
    start_date: String,
    /// Last day, `YYYY-MM-DD`.
    #[schema(example = "2026-12-31")]
    end_date: String,
    /// Start of the daily window, `HH:MM` or `HH:MM:SS`.
    #[schema(example = "06:00")]
    start_time: String,
    /// End of the daily window: `HH:MM` includes that minute, `HH:MM:SS` that second. An end before the start is on the
    /// next day.
    #[schema(example = "07:00")]
    end_time: String,
    /// Time zone of the dates and times, from the IANA database; the service's by default.
    #[serde(default)]
    #[schema(example = "Asia/Seoul")]
    time_zone: Option<String>,
    /// What a photo and its reference have to share: `place`, the default, or `thing`, the place and the things in it.
    #[serde(default, rename = "match")]
    #[schema(example = "place")]
    match_mode: Option<String>,
}

impl GroupFields {
    /// The group with the id of the path, or with its own.
    ///
    /// # Errors
    /// If a field is invalid, or the two ids differ.
    pub(super) fn group(
        self,
        path: Option<GroupId>,
        zone: &TimeZone,
    ) -> Result<ChallengeGroup, AdminError> {
        let field = |name: &str, error: &dyn ToString| {
            AdminError::Invalid(format!("{name}: {}", error.to_string()))
        };
        let id = own_or(self.id, path)?;
        let start_date =
            parse_date(&self.start_date).map_err(|error| field("start_date", &error))?;
        let end_date = parse_date(&self.end_date).map_err(|error| field("end_date", &error))?;
        let start_time =
            parse_start_time(&self.start_time).map_err(|error| field("start_time", &error))?;
        let end_time = parse_end_time(&self.end_time).map_err(|error| field("end_time", &error))?;
        let zone = match self.time_zone {
            Some(name) => name.parse().map_err(|error| field("time_zone", &error))?,
            None => zone.clone(),
        };
        let schedule = Schedule::new(start_date, end_date, start_time, end_time, zone);
        let schedule = schedule.map_err(AdminError::invalid)?;
        if self.name.as_ref().is_some_and(|name| name.contains('\0')) {
            return Err(AdminError::invalid("name: it must not contain NUL"));
        }
        let match_mode = self.match_mode.map(|name| name.parse()).transpose();
        let match_mode =
            match_mode.map_err(|_| AdminError::invalid("match: it must be place or thing"))?;
        let match_mode = match_mode.unwrap_or_default();
        Ok(ChallengeGroup { id, name: self.name, schedule, match_mode })
    }
}

impl From<&ChallengeGroup> for GroupFields {
    fn from(group: &ChallengeGroup) -> Self {
        let schedule = &group.schedule;
        Self {
            id: Some(group.id.get()),
            name: group.name.clone(),
            start_date: schedule.start_date().to_string(),
            end_date: schedule.end_date().to_string(),
            start_time: time(schedule.start_time()),
            end_time: time(schedule.end_time()),
            time_zone: Some(schedule.time_zone().name().to_owned()),
            match_mode: Some(group.match_mode.name().to_owned()),
        }
    }
}

fn time(time: time::Time) -> String {
    format!("{:02}:{:02}:{:02}", time.hour(), time.minute(), time.second())
}

/// A participation.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = Participation)]
pub(crate) struct ParticipationFields {
    /// Id of the client app. In a `PUT` it can be left out, because the path has it.
    #[serde(default)]
    #[schema(minimum = 1)]
    id: Option<i64>,
    /// Challenge group of the participation.
    #[schema(minimum = 1)]
    group_id: i64,
    /// Owner: the `sub` of the participant's tokens.
    #[serde(default)]
    user_id: Option<String>,
}

/// Ids of a participation, its group and its owner.
pub(super) type ParticipationIds = (ParticipationId, GroupId, Option<UserId>);

impl ParticipationFields {
    /// The ids, with that of the path or its own.
    ///
    /// # Errors
    /// If a field is invalid, or the two ids differ.
    pub(super) fn ids(self, path: Option<ParticipationId>) -> Result<ParticipationIds, AdminError> {
        let group_id = GroupId::try_from(self.group_id)
            .map_err(|error| AdminError::Invalid(format!("group_id: {error}")))?;
        let user_id = self.user_id.map(|user_id| user_id.parse::<UserId>()).transpose();
        let user_id = user_id.map_err(|error| AdminError::Invalid(format!("user_id: {error}")))?;
        Ok((own_or(self.id, path)?, group_id, user_id))
    }

    pub(super) fn with_id(self, id: ParticipationId) -> Self {
        Self { id: Some(id.get()), ..self }
    }
}

impl From<&Participation> for ParticipationFields {
    fn from(Participation { id, user_id, group }: &Participation) -> Self {
        let user_id = user_id.as_ref().map(|user_id| user_id.as_str().to_owned());
        Self { id: Some(id.get()), group_id: group.id.get(), user_id }
    }
}

fn own_or<T: TryFrom<i64, Error = IdError> + PartialEq + Copy>(
    own: Option<i64>,
    path: Option<T>,
) -> Result<T, AdminError> {
    let own = own.map(T::try_from).transpose();
    let own = own.map_err(|error| AdminError::Invalid(format!("id: {error}")))?;
    match (own, path) {
        (Some(own), Some(path)) if own != path => {
            Err(AdminError::invalid("id: it differs from that of the path"))
        }
        (own, path) => path.or(own).ok_or_else(|| AdminError::invalid("id: it is missing")),
    }
}

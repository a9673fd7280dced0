use std::fmt;

use serde::{Deserialize, Serialize};

/// Hours of the day in which something may run: `22-6` is from 22:00 to 6:00, empty is always.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Hours(Option<(u32, u32)>);

impl Hours {
    /// Whether `hour`, 0 to 23, is one of them.
    pub fn contain(self, hour: u32) -> bool {
        match self.0 {
            None => true,
            Some((from, to)) if from < to => (from..to).contains(&hour),
            Some((from, to)) => hour >= from || hour < to,
        }
    }
}

impl TryFrom<String> for Hours {
    type Error = String;
    fn try_from(text: String) -> Result<Self, String> {
        if text.trim().is_empty() {
            return Ok(Hours(None));
        }
        let wrong = || format!("{text:?} are no hours of the day, such as 22-6");
        let (from, to) = text.split_once('-').ok_or_else(wrong)?;
        let hour = |text: &str, most| text.trim().parse::<u32>().ok().filter(|hour| *hour <= most).ok_or_else(wrong);
        let (from, to) = (hour(from, 23)?, hour(to, 24)?);
        if from == to { Err(wrong()) } else { Ok(Hours(Some((from, to)))) }
    }
}

impl fmt::Display for Hours {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Some((from, to)) => write!(f, "{from}-{to}"),
            None => Ok(()),
        }
    }
}

impl From<Hours> for String {
    fn from(hours: Hours) -> String {
        hours.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hours_wrap_around_midnight() {
        for (text, inside, outside) in [("22-6", [22, 23, 0, 5], [6, 21]), ("8-20", [8, 12, 19, 9], [7, 20])] {
            let hours = Hours::try_from(text.to_owned()).unwrap();
            assert!(
                inside.iter().all(|hour| hours.contain(*hour)) && !outside.iter().any(|hour| hours.contain(*hour)),
                "{text}"
            );
            assert_eq!(hours.to_string(), text);
        }
        assert!((0..24).all(|hour| Hours::try_from(String::new()).unwrap().contain(hour)));
        for text in ["8", "8-8", "25-3", "-", "a-b"] {
            assert!(Hours::try_from(text.to_owned()).is_err(), "{text}");
        }
    }
}

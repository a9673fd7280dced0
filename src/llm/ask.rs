//! Asking until the reply can be read: what is wrong with a reply is said to the model, at most twice.

use super::text::shown;
use super::{Error, LanguageModel, Request, Unusable};

/// No configuration allows more.
pub const MOST_REPAIRS: u32 = 2;
/// So much of a reply that could not be read is shown to the model again, in bytes.
const SHOWN_BYTES: usize = 8000;
/// So much of what is wrong with it, in characters.
const FAULT_CHARS: usize = 1500;

/// What `read` makes of the model's answer. A reply it can not use is answered with the fault it names, at most `repairs` times.
///
/// # Errors
/// The model's own, or [`Error::Unusable`] when the last reply can not be used either.
pub async fn ask<T>(
    model: &dyn LanguageModel,
    request: Request,
    repairs: u32,
    read: impl Fn(&str) -> Result<T, String>,
) -> Result<T, Error> {
    let mut request = request;
    let mut tries = 0;
    loop {
        tries += 1;
        let reply = model.complete(&request).await?;
        let fault = match reply.answer() {
            Ok(answer) => match read(answer) {
                Ok(value) => return Ok(value),
                Err(fault) => fault,
            },
            // Asking again whoever declined is paid for and declined again.
            Err(declined @ Unusable::Refused(_)) => return Err(unusable(model, tries, &declined.to_string())),
            Err(fault) => fault.to_string(),
        };
        if tries > repairs.min(MOST_REPAIRS) {
            return Err(unusable(model, tries, &fault));
        }
        tracing::debug!(model = model.name(), tries, fault, "a reply could not be used; the model is told");
        metrics::counter!("aludel_model_repairs_total", "model" => model.name().to_owned()).increment(1);
        let fault = shown(&fault, FAULT_CHARS);
        let said = head(reply.answer().unwrap_or("(no usable reply)"), SHOWN_BYTES).to_owned();
        request = request.then(
            said,
            format!(
                "That reply can not be used: {fault}\nReply once more, whole and corrected, in the form asked for."
            ),
        );
    }
}

fn unusable(model: &dyn LanguageModel, tries: u32, fault: &str) -> Error {
    Error::Unusable { model: model.name().to_owned(), tries, reason: shown(fault, 300) }
}

/// At most `bytes` of `text`, whole characters.
fn head(text: &str, bytes: usize) -> &str {
    let mut end = bytes.min(text.len());
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    text.get(..end).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use futures_util::FutureExt as _;
    use futures_util::future::BoxFuture;

    use super::*;
    use crate::llm::{Finish, Reply};

    /// Says its lines in turn and remembers what it was told last.
    struct Lines(Mutex<(Vec<Reply>, String)>);

    impl LanguageModel for Lines {
        fn name(&self) -> &str {
            "lines"
        }

        fn concurrency(&self) -> usize {
            1
        }

        fn complete<'a>(&'a self, request: &'a Request) -> BoxFuture<'a, Result<Reply, Error>> {
            let mut lines = self.0.lock().unwrap();
            lines.1 = request.messages.last().unwrap().content.clone();
            let reply = lines.0.remove(0);
            std::future::ready(Ok(reply)).boxed()
        }
    }

    fn say(text: &str) -> Reply {
        Reply { text: text.into(), ..Reply::default() }
    }

    async fn number(lines: Vec<Reply>, repairs: u32) -> (Result<u32, Error>, usize, String) {
        let model = Lines(Mutex::new((lines, String::new())));
        let read = |text: &str| text.parse::<u32>().map_err(|error| format!("{text:?} is no number: {error}"));
        let result = ask(&model, Request::new("a", "b"), repairs, read).await;
        let (left, told) = model.0.into_inner().unwrap();
        (result, left.len(), told)
    }

    #[tokio::test]
    async fn the_fault_is_said_and_the_tries_are_bounded() {
        let (result, left, told) = number(vec![say("four"), say("4")], 2).await;
        assert_eq!((result.unwrap(), left), (4, 0));
        assert!(told.contains("\"four\" is no number"), "{told}");
        let cut = Reply { finish: Finish::Length, ..say("4") };
        let (result, left, told) = number(vec![cut, say(""), say("x"), say("4")], 9).await;
        assert!(matches!(result, Err(Error::Unusable { tries: 3, .. })), "{result:?}");
        assert_eq!(left, 1);
        assert!(told.contains("empty"), "{told}");
        let (result, left, _) = number(vec![say("x"), say("4")], 0).await;
        assert!(matches!(result, Err(Error::Unusable { tries: 1, .. })));
        assert_eq!(left, 1);
        let refusal = Reply { finish: Finish::Refusal("I will not".into()), ..say("") };
        let (result, left, _) = number(vec![refusal, say("4")], 2).await;
        assert!(result.unwrap_err().to_string().contains("I will not"));
        assert_eq!(left, 1);
    }
}

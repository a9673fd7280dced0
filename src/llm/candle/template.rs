//! Chat templates: Jinja as transformers reads it.

use minijinja::syntax::SyntaxConfig;
use minijinja::value::Kwargs;
use minijinja::{Environment, ErrorKind, Value, context};

use super::Error;
use crate::llm::Message;

/// Longest rendered conversation and template, in bytes.
const MOST_BYTES: usize = 16 << 20;

pub(super) struct Template {
    source: String,
    begin: String,
    end: String,
    environment: Environment<'static>,
}

impl Template {
    /// `begin`, `end`: the words that the template calls `bos_token` and `eos_token`.
    pub fn new(source: String, begin: Option<String>, end: Option<String>) -> Result<Self, Error> {
        let mut environment = Environment::new();
        let mut syntax = SyntaxConfig::builder();
        environment.set_syntax(syntax.trim_blocks(true).lstrip_blocks(true).build().map_err(fault)?);
        environment.set_unknown_method_callback(minijinja_contrib::pycompat::unknown_method_callback);
        environment.add_function("raise_exception", |text: String| -> Result<String, minijinja::Error> {
            Err(minijinja::Error::new(ErrorKind::InvalidOperation, text))
        });
        // A prompt that holds the day it is asked on could not be asked again.
        environment.add_function("strftime_now", |_: String, _: Kwargs| "01 Jan 2026".to_owned());
        if source.len() > MOST_BYTES {
            return Err(Error::Template { reason: format!("it is longer than {MOST_BYTES} bytes") });
        }
        environment.add_template_owned("chat", source.clone()).map_err(fault)?;
        Ok(Template { source, begin: begin.unwrap_or_default(), end: end.unwrap_or_default(), environment })
    }

    pub fn source(&self) -> &str {
        &self.source
    }

    /// The conversation and the opening of the model's reply; thinking is switched off where the template knows the switch.
    pub fn render(&self, messages: &[Message]) -> Result<String, Error> {
        let template = self.environment.get_template("chat").map_err(fault)?;
        let (bos_token, eos_token) = (self.begin.as_str(), self.end.as_str());
        let message = |message: &Message| {
            Value::from_pairs([("role", message.role.as_str()), ("content", message.content.as_str())])
        };
        let messages: Vec<Value> = messages.iter().map(message).collect();
        let values =
            context! { messages, bos_token, eos_token, add_generation_prompt => true, enable_thinking => false };
        template.render(values).map_err(fault)
    }
}

fn fault(error: minijinja::Error) -> Error {
    Error::Template { reason: error.to_string() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::llm::{Request, Role};

    #[test]
    fn templates_of_the_wild() {
        let source = "{% for message in messages %}{% if loop.first and messages[0]['role'] != 'system' %}<|im_start|>system\nHelp.<|im_end|>\n\
            {% endif %}{{'<|im_start|>' + message['role'] + '\n' + message['content'].strip() + eos_token + '\n'}}{% endfor %}\
            {% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}{% if enable_thinking is defined and enable_thinking is false %}\
            {{ '<think>\n\n</think>\n\n' }}{% endif %}{% if messages[-1].role not in ['user'] %}{{ raise_exception('odd') }}{% endif %}";
        let template = Template::new(source.to_owned(), None, Some("<|im_end|>".to_owned())).unwrap();
        let mut messages = Request::new("Be brief.", " Hello ").messages;
        let text = template.render(&messages).unwrap();
        assert_eq!(
            text,
            "<|im_start|>system\nBe brief.<|im_end|>\n<|im_start|>user\nHello<|im_end|>\n<|im_start|>assistant\n<think>\n\n</think>\n\n"
        );
        messages[1].role = Role::System;
        assert!(template.render(&messages).unwrap_err().to_string().contains("odd"));
        assert!(Template::new("{% for %}".to_owned(), None, None).is_err());
    }
}

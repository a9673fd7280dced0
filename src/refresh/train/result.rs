use super::{Error, Model};
use crate::llm::candle::Trained;
use crate::refresh;
use crate::refresh::job::{Folder, Outcome, Plan};

/// What lies beside the weights of a folder and belongs to the model.
const BESIDE: [&str; 8] = [
    "config.json",
    "generation_config.json",
    "tokenizer.json",
    "tokenizer_config.json",
    "special_tokens_map.json",
    "chat_template.jinja",
    "vocab.json",
    "merges.txt",
];

/// Writes the trained numbers and ends the run.
pub(super) fn finish(folder: &Folder, plan: &Plan, model: &mut Model, outcome: Outcome) -> Result<Outcome, Error> {
    let path = folder.begin_result()?;
    let Model { decoder, tokenizer, trained, rank, alpha } = model;
    decoder.save_trained(*trained, &path, &plan.base_model.name, *rank, *alpha)?;
    if *trained == Trained::Weights {
        let write = |name: &str, text: String| {
            let file = path.join(name);
            std::fs::write(&file, text).map_err(refresh::Error::io(&file))
        };
        let base = &plan.base_model.path;
        if base.is_dir() {
            for name in BESIDE.into_iter().filter(|name| base.join(name).is_file()) {
                let file = path.join(name);
                std::fs::copy(base.join(name), &file).map_err(refresh::Error::io(&file))?;
            }
        } else {
            write("config.json", format!("{:#}\n", decoder.architecture.to_json()))?;
            write("tokenizer.json", tokenizer.to_json()?)?;
            let (end, template) = (tokenizer.turn_end().map(|id| tokenizer.decode(&[id], false)), tokenizer.template());
            let described = serde_json::json!({ "eos_token": end.transpose()?, "chat_template": template });
            write("tokenizer_config.json", format!("{described:#}\n"))?;
        }
    }
    Ok(folder.finish(outcome)?)
}

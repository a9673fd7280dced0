//! Invented articles as files, so that ingest can be exercised without an archive.

use std::path::{Path, PathBuf};

use super::text::Writer;
use super::world::World;
use super::{Config, Error, jats, pubmed_xml};

/// Writes `articles` JATS files and, after every fifth, one more with a PubMed set, into `folder`, which is made when absent.
/// Returns the paths. Equal configurations write equal bytes.
///
/// # Errors
/// [`Error::Write`] when the folder or a file can not be written.
pub fn write(folder: &Path, articles: usize, config: &Config) -> Result<Vec<PathBuf>, Error> {
    let failed = |path: &Path| {
        let path = path.to_owned();
        move |source| Error::Write { path, source }
    };
    std::fs::create_dir_all(folder).map_err(failed(folder))?;
    // About 35 works a weekday by default: enough days for the articles asked for.
    let per_day = (config.biorxiv_per_day + config.medrxiv_per_day).max(1.0) * 0.6;
    let days = (articles as f64 / per_day).ceil() as u32 + 14;
    let world = World::generate(&Config { days, history_days: 0, ..config.clone() });
    let writer = Writer::default();
    let mut paths = Vec::new();
    for (i, preprint) in world.preprints.iter().take(articles).enumerate() {
        let Some(posting) = preprint.postings.first() else { continue };
        let paper = writer.full(preprint.seed, &preprint.category, posting.version);
        let path = folder.join(format!("{}.xml", preprint.suffix()));
        std::fs::write(&path, jats::source_xml(preprint, posting, &paper)).map_err(failed(&path))?;
        paths.push(path);
        if i % 5 == 4 {
            let path = folder.join(format!("pubmed-{:04}.xml", i / 5 + 1));
            let mut set = format!("{}<PubmedArticleSet>\n", pubmed_xml::PROLOG);
            for record in world.records.iter().skip(i).take(5) {
                let last = record.deliveries.last().map_or(record.entered_at(), |d| d.at);
                set.push_str(&pubmed_xml::record_xml(&world, &writer, record, last));
                set.push('\n');
            }
            set.push_str("</PubmedArticleSet>\n");
            std::fs::write(&path, set).map_err(failed(&path))?;
            paths.push(path);
        }
    }
    Ok(paths)
}

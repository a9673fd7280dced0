//! The newest releases to the hub: a data set, and of every model its champion, or its newest while it has none.

use crate::release::catalog::{self, Listed};
use crate::release::hub::{self, Hub, Progress, Pushed, Repository};
use crate::release::manifest::Kind;
use crate::release::model::alias::{self, Alias};
use crate::release::publish::Root;
use crate::release::{self, Version};
use crate::store::WriteTxn;
use crate::worker::jobs::release::root;
use crate::worker::queue::{self, Order};
use crate::worker::{Env, Error};

/// What a repository holds, or should.
struct Target {
    release: Listed,
    /// Versions that were taken back and lose their tags.
    yanked: Vec<String>,
}

/// Queues a push in the caller's transaction, when releases are pushed by themselves.
///
/// # Errors
/// When the store can not be written.
pub fn enqueue(txn: &mut WriteTxn<'_>, config: &release::Config) -> Result<(), crate::store::Error> {
    if config.hub.is_on() && config.hub.automatic {
        queue::enqueue(txn, &Order::Push {})?;
    }
    Ok(())
}

/// Pushes what was not pushed yet.
///
/// # Errors
/// When a folder or the store fails, or the hub; what was pushed before that is recorded.
pub fn run(env: &Env) -> Result<(), Error> {
    if !env.release.hub.is_on() {
        return Ok(());
    }
    for target in targets(&root(env))? {
        let manifest = &target.release.manifest;
        let pushed = env.store.read()?.pushed_release(manifest.kind.as_str(), &manifest.name)?;
        if pushed != Some(target.state()) {
            push(env, &target, &|_, _| ())?;
        }
    }
    Ok(())
}

/// Pushes one kind's newest release, or one model's, whether or not it was pushed before.
///
/// # Errors
/// As [`run`]; [`release::Error::Missing`] when there is nothing to push.
pub fn now(env: &Env, kind: Kind, name: &str, progress: Progress<'_>) -> Result<Pushed, Error> {
    let root = root(env);
    let target = targets(&root)?.into_iter().find(|target| {
        let manifest = &target.release.manifest;
        manifest.kind == kind && manifest.name == name
    });
    let target = target.ok_or_else(|| release::Error::Missing {
        what: "release that stands of",
        name: name.to_owned(),
        path: root.path().to_owned(),
    })?;
    push(env, &target, progress)
}

fn targets(root: &Root) -> Result<Vec<Target>, release::Error> {
    let mut targets: Vec<Target> = Vec::new();
    let all = catalog::list(root)?;
    for release in all.iter().filter(|release| release.yanked.is_none()) {
        let manifest = &release.manifest;
        let is_same = |other: &Listed| (other.manifest.kind, &other.manifest.name) == (manifest.kind, &manifest.name);
        let champion = champion(root, release)?;
        if let Some(known) = targets.iter_mut().find(|target| is_same(&target.release)) {
            // By version: the later one is the newer, and a champion is never passed over.
            if champion.is_none_or(|champion| champion == manifest.version) {
                known.release = release.clone();
            }
            continue;
        }
        let yanked = all.iter().filter(|other| is_same(other) && other.yanked.is_some());
        let yanked = yanked.map(|other| other.manifest.version.to_string()).collect();
        targets.push(Target { release: release.clone(), yanked });
    }
    Ok(targets)
}

fn champion(root: &Root, release: &Listed) -> Result<Option<Version>, release::Error> {
    match release.manifest.kind {
        Kind::Dataset => Ok(None),
        Kind::Model => Ok(alias::history(root, &release.manifest.name, Alias::Champion)?.first().copied()),
    }
}

impl Target {
    /// What the store keeps of it once it is pushed.
    fn state(&self) -> String {
        let mut state = self.release.manifest.version.to_string();
        self.yanked.iter().for_each(|version| state.push_str(&format!(" -{version}")));
        state
    }
}

fn push(env: &Env, target: &Target, progress: Progress<'_>) -> Result<Pushed, Error> {
    let config = &env.release.hub;
    let manifest = &target.release.manifest;
    let hub = Hub::new(config)?;
    let id = format!("{}/{}", config.owner, manifest.name);
    let repository = Repository { kind: manifest.kind, id, private: config.private };
    let pushed = env.wait(async {
        let pushed = hub::push(&hub, &repository, target.release.folder.clone(), manifest, progress).await?;
        if !target.yanked.is_empty() {
            hub::untag(&hub, &repository, &target.yanked).await?;
        }
        Ok(pushed)
    });
    let result = if pushed.is_ok() { "done" } else { "error" };
    metrics::counter!("aludel_release_pushes_total", "kind" => manifest.kind.as_str(), "result" => result).increment(1);
    let pushed = pushed?;
    let mut txn = env.store.write()?;
    let place = format!("{} at {}", pushed.repository, pushed.commit);
    txn.note_release_pushed(manifest.kind.as_str(), &manifest.name, &target.state(), &place)?;
    txn.commit()?;
    tracing::info!(
        repository = pushed.repository,
        version = pushed.version,
        commit = pushed.commit,
        changed = pushed.changed,
        deleted = pushed.deleted,
        unchanged = pushed.unchanged,
        uploaded_bytes = pushed.uploaded_bytes,
        "a release was pushed to the hub"
    );
    Ok(pushed)
}

//! The systemd units: without a complaint, and as locked down as promised.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The exposure that systemd-analyze may find at most, times ten.
const MOST_EXPOSURE: u32 = 15;

/// `systemd-analyze` in front of a copy of the unit that starts the program built here; `None` where there is none.
fn analyze(unit: &Path, folder: &Path) -> Option<(PathBuf, Command)> {
    if Command::new("systemd-analyze").arg("--version").output().is_err() {
        println!("skipped: there is no systemd-analyze here");
        return None;
    }
    let text = fs::read_to_string(unit).unwrap();
    let is_path = unit.extension().is_some_and(|ending| ending == "path");
    assert!(is_path || text.contains("/usr/local/bin/aludel"), "{}", unit.display());
    // An instance of a template, as it is started.
    let copy = folder.join(unit.file_name().unwrap().to_string_lossy().replace("@.", "@next."));
    fs::write(&copy, text.replace("/usr/local/bin/aludel", env!("CARGO_BIN_EXE_aludel"))).unwrap();
    Some((copy, Command::new("systemd-analyze")))
}

fn units(endings: &[&str]) -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("systemd");
    let mut units: Vec<PathBuf> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    units.retain(|path| path.extension().is_some_and(|ending| endings.iter().any(|known| ending == *known)));
    // A path unit is checked beside the service that it starts.
    units.sort_by_key(|path| path.extension().is_some_and(|ending| ending == "path"));
    assert!(units.len() >= endings.len());
    units
}

#[test]
fn units_are_sound() {
    let dir = tempfile::tempdir().unwrap();
    for unit in units(&["service", "path"]) {
        let Some((copy, mut command)) = analyze(&unit, dir.path()) else { return };
        let output = command.args(["verify", "--man=no"]).arg(&copy).output().unwrap();
        let said = [output.stdout, output.stderr].concat();
        // An unknown key is only a message: its exit code is 0 all the same.
        assert!(output.status.success() && said.is_empty(), "{}: {}", unit.display(), String::from_utf8_lossy(&said));
    }
}

#[test]
fn units_are_locked_down() {
    let dir = tempfile::tempdir().unwrap();
    for unit in units(&["service"]) {
        let Some((copy, mut command)) = analyze(&unit, dir.path()) else { return };
        let threshold = format!("--threshold={MOST_EXPOSURE}");
        let output =
            command.args(["security", "--offline=true", "--no-pager", &threshold]).arg(&copy).output().unwrap();
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        let verdict = text.lines().find(|line| line.contains("exposure level")).unwrap_or_default().to_owned();
        println!("{verdict}");
        assert!(output.status.success(), "{verdict}");
    }
}

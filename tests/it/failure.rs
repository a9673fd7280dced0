//! Bad input and bad weather against the real program: one clear line that says what and where, an exit code that is not
//! zero, and nothing stored is lost.

use std::fs;
use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Command, Output};

use flate2::Compression;
use flate2::write::GzEncoder;
use tempfile::TempDir;

use crate::support::{aludel, article, json_lines};

fn ingest(data: &Path, input: &Path) -> Output {
    aludel().args(["ingest", "--json", "--data-dir"]).arg(data).arg(input).output().unwrap()
}

/// Runs `ingest` on one file and returns the reason it was refused with.
fn refused(name: &str, bytes: &[u8]) -> String {
    let data = TempDir::new().unwrap();
    let input = TempDir::new().unwrap();
    let good = input.path().join("good.xml");
    fs::write(&good, article(1)).unwrap();
    fs::write(input.path().join(name), bytes).unwrap();
    let output = ingest(data.path(), input.path());
    let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(!stderr.contains("panicked"), "{stderr}");
    let summary = json_lines(&output.stdout).pop().expect("a summary line");
    assert_eq!(summary["files"], 2, "{summary}");
    assert_eq!(summary["articles"], 1, "the good article beside it is stored: {summary}");
    let named: Vec<String> = summary["errors"]
        .as_array()
        .into_iter()
        .flatten()
        .filter(|error| error["path"].as_str().is_some_and(|path| path.contains(name)))
        .map(|error| error["reason"].as_str().unwrap_or_default().to_owned())
        .collect();
    assert_eq!(named.len(), 1, "{name} is accounted for once: {summary}");
    assert_eq!(output.status.code(), Some(1), "{stderr}");
    named.into_iter().next().unwrap()
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

#[test]
fn truncated_gzip() {
    let whole = gzip(article(2).as_bytes());
    let reason = refused("cut.xml.gz", &whole[..whole.len() / 2]);
    assert!(
        reason.contains("deflate")
            || reason.contains("gzip")
            || reason.contains("truncated")
            || reason.contains("corrupt")
            || reason.contains("end of file"),
        "{reason}"
    );
}

#[test]
fn gzip_bomb_of_two_gigabytes() {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(b"<article><front><article-meta><title-group><article-title>x</article-title>").unwrap();
    let block = vec![b' '; 1 << 20];
    for _ in 0..2048 {
        encoder.write_all(&block).unwrap();
    }
    let reason = refused("bomb.xml.gz", &encoder.finish().unwrap());
    assert!(reason.contains("inflate") || reason.contains("larger"), "{reason}");
}

#[test]
fn xml_entity_bomb() {
    let mut bomb = String::from("<?xml version=\"1.0\"?><!DOCTYPE article [<!ENTITY a \"aaaaaaaaaa\">");
    for (name, inner) in ["b", "c", "d", "e", "f", "g", "h", "i"].iter().zip(["a", "b", "c", "d", "e", "f", "g", "h"]) {
        bomb.push_str(&format!("<!ENTITY {name} \"{}\">", format!("&{inner};").repeat(10)));
    }
    bomb.push_str("]><article><body><p>&i;</p></body></article>");
    let (data, input) = (TempDir::new().unwrap(), TempDir::new().unwrap());
    fs::write(input.path().join("entities.xml"), bomb).unwrap();
    let output = ingest(data.path(), input.path());
    let summary = json_lines(&output.stdout).pop().expect("a summary line");
    assert_eq!((summary["files"].as_u64(), summary["parsed"].as_u64()), (Some(1), Some(0)), "{summary}");
    assert!(!String::from_utf8_lossy(&output.stderr).contains("panicked"));
}

#[test]
fn a_hundred_thousand_levels() {
    let deep = format!("<article><body>{}{}</body></article>", "<sec>".repeat(100_000), "</sec>".repeat(100_000));
    let reason = refused("deep.xml", deep.as_bytes());
    assert!(reason.contains("deep") || reason.contains("depth") || reason.contains("nest"), "{reason}");
}

#[test]
fn a_pdf_named_xml_and_an_empty_file_are_named() {
    for (name, bytes, word) in [("paper.xml", &b"%PDF-1.7\n1 0 obj"[..], "pdf"), ("nothing.xml", &b""[..], "empty")] {
        let data = TempDir::new().unwrap();
        let input = TempDir::new().unwrap();
        fs::write(input.path().join(name), bytes).unwrap();
        let output = ingest(data.path(), input.path());
        let all = String::from_utf8_lossy(&output.stdout).to_lowercase();
        assert!(all.contains(word), "{name}: {all}");
        assert!(!String::from_utf8_lossy(&output.stderr).contains("panicked"));
    }
}

#[test]
fn latin_1_declared_as_utf_8_is_read_with_an_issue() {
    let input = TempDir::new().unwrap();
    let path = input.path().join("latin.xml");
    let mut bytes = article(3).into_bytes();
    let at = bytes.windows(9).position(|w| w == b"<abstract").unwrap();
    let text = bytes[at..].iter().position(|b| *b == b' ').unwrap() + at;
    bytes.insert(text, 0xE9);
    fs::write(&path, bytes).unwrap();
    let output = aludel().args(["parse", "--json"]).arg(&path).output().unwrap();
    let line = json_lines(&output.stdout).pop().expect("a document");
    assert!(line["issues"].to_string().contains("utf"), "{}", line["issues"]);
    assert!(output.status.success());
}

/// Root may read and write everything, so these run the program as another user.
fn as_nobody(args: &[&str]) -> Option<Output> {
    let is_root = Command::new("id").arg("-u").output().is_ok_and(|id| id.stdout == b"0\n");
    let usable = is_root && Command::new("setpriv").arg("--version").output().is_ok_and(|v| v.status.success());
    if !usable {
        println!("skipped: needs root and setpriv");
        return None;
    }
    // A copy, since the build folder may not be open to others.
    let folder = TempDir::new().unwrap();
    fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o755)).unwrap();
    let program = folder.path().join("aludel");
    fs::copy(env!("CARGO_BIN_EXE_aludel"), &program).unwrap();
    fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).unwrap();
    let output = Command::new("setpriv")
        .args(["--reuid=65534", "--regid=65534", "--clear-groups"])
        .arg(&program)
        .args(args)
        .env("HOME", "/nonexistent")
        .output()
        .unwrap();
    Some(output)
}

#[test]
fn folder_without_permission_is_named() {
    let input = TempDir::new().unwrap();
    let data = TempDir::new().unwrap();
    fs::set_permissions(data.path(), fs::Permissions::from_mode(0o777)).unwrap();
    let closed = input.path().join("closed");
    fs::create_dir(&closed).unwrap();
    fs::write(closed.join("a.xml"), article(4)).unwrap();
    fs::set_permissions(input.path(), fs::Permissions::from_mode(0o755)).unwrap();
    fs::set_permissions(&closed, fs::Permissions::from_mode(0o700)).unwrap();
    let data_dir = data.path().join("d");
    let Some(output) =
        as_nobody(&["ingest", "--json", "--data-dir", data_dir.to_str().unwrap(), input.path().to_str().unwrap()])
    else {
        return;
    };
    let all = format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(all.contains("closed") && all.to_lowercase().contains("permission"), "{all}");
    assert_ne!(output.status.code(), Some(0));
}

#[test]
fn read_only_data_directory_is_named() {
    let input = TempDir::new().unwrap();
    fs::set_permissions(input.path(), fs::Permissions::from_mode(0o755)).unwrap();
    fs::write(input.path().join("a.xml"), article(5)).unwrap();
    let data = TempDir::new().unwrap();
    fs::set_permissions(data.path(), fs::Permissions::from_mode(0o555)).unwrap();
    let Some(output) =
        as_nobody(&["ingest", "--data-dir", data.path().to_str().unwrap(), input.path().to_str().unwrap()])
    else {
        return;
    };
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(stderr.contains(data.path().to_str().unwrap()), "{stderr}");
    assert!(!stderr.contains("panicked"), "{stderr}");
    assert_ne!(output.status.code(), Some(0));
}

/// Mounts a small tmpfs in a mount namespace of its own, fills it by ingesting, and looks at what is left.
#[test]
fn full_disk_stops_with_a_clear_line_and_keeps_what_is_stored() {
    let input = TempDir::new().unwrap();
    for number in 0..300 {
        fs::write(input.path().join(format!("{number}.xml")), article(1000 + number)).unwrap();
    }
    let mount = TempDir::new().unwrap();
    let script = format!(
        "mount -t tmpfs -o size=1m none {mount} || exit 99\n\
         {bin} ingest --data-dir {mount}/d {input} >/dev/null 2>{mount2}/stderr; echo code=$?\n\
         cat {mount2}/stderr\n\
         {bin} check --data-dir {mount}/d 2>&1; echo check=$?",
        mount = mount.path().display(),
        mount2 = input.path().display(),
        input = input.path().display(),
        bin = env!("CARGO_BIN_EXE_aludel"),
    );
    let Ok(output) = Command::new("unshare").args(["-m", "sh", "-c", &script]).output() else {
        println!("skipped: no unshare");
        return;
    };
    if matches!(output.status.code(), Some(99)) || !output.status.success() && output.stdout.is_empty() {
        println!("skipped: no right to mount");
        return;
    }
    let all = String::from_utf8_lossy(&output.stdout);
    assert!(!all.contains("panicked"), "{all}");
    assert!(!all.contains("code=0"), "{all}");
    assert!(all.contains("full") || all.contains("No space"), "{all}");
    assert!(all.contains("check=0") || all.contains("full"), "what is stored is whole: {all}");
}

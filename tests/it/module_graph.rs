//! The drawing in ARCHITECTURE.md keeps itself true: which room draws on which. A new arrow is a line in a diff to talk about.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

/// The names behind every `crate::` in a source text, its tests and comments left out.
fn uses(source: &str) -> BTreeSet<String> {
    let code = source.split("#[cfg(test)]").next().unwrap_or_default();
    let code: String =
        code.lines().filter(|line| !line.trim_start().starts_with("//")).flat_map(|line| [line, "\n"]).collect();
    let mut names = BTreeSet::new();
    for rest in code.split("crate::").skip(1) {
        let is_name = |c: char| c.is_ascii_alphanumeric() || c == '_';
        if let Some(list) = rest.strip_prefix('{') {
            let mut depth = 0;
            let mut name = String::new();
            for c in list.chars() {
                match c {
                    '{' => depth += 1,
                    '}' if depth == 0 => break,
                    '}' => depth -= 1,
                    ',' if depth == 0 => names.extend(first(&std::mem::take(&mut name))),
                    c if depth == 0 => name.push(c),
                    _ => {}
                }
            }
            names.extend(first(&name));
        } else {
            names.extend(first(&rest.chars().take_while(|c| is_name(*c)).collect::<String>()));
        }
    }
    names
}

fn first(path: &str) -> Option<String> {
    path.split("::").next().map(|name| name.trim().to_owned()).filter(|name| !name.is_empty())
}

fn walk(folder: &Path, room: Option<&str>, graph: &mut BTreeMap<String, BTreeSet<String>>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_stem().unwrap().to_string_lossy().into_owned();
        let room = room.unwrap_or(&name);
        if path.is_dir() {
            walk(&path, Some(room), graph);
        } else if path.extension().is_some_and(|ending| ending == "rs") {
            graph.entry(room.to_owned()).or_default().extend(uses(&fs::read_to_string(&path).unwrap()));
        }
    }
}

#[test]
fn rooms_draw_only_on_the_rooms_they_should() {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut graph = BTreeMap::new();
    walk(&source, None, &mut graph);
    let rooms: BTreeSet<String> = graph.keys().cloned().collect();
    let lines: Vec<String> = graph
        .iter()
        .filter(|(room, _)| !["lib", "main"].contains(&room.as_str()))
        .map(|(room, uses)| {
            let uses: Vec<&str> =
                uses.iter().filter(|name| *name != room && rooms.contains(*name)).map(String::as_str).collect();
            format!("{room} -> {}", if uses.is_empty() { "nothing of ours".to_owned() } else { uses.join(", ") })
        })
        .collect();
    insta::assert_snapshot!(lines.join("\n"));
}

#[test]
fn uses_are_found_in_lists_and_paths() {
    let source = "use crate::{a::b, c, d::{e, f}};\nfn g() { crate::h::i(); } // crate::j\n/// [`crate::k`]\n#[cfg(test)] mod t { use crate::l; }";
    assert_eq!(uses(source).into_iter().collect::<Vec<_>>(), ["a", "c", "d", "h", "j"]);
}

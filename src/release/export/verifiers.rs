//! The `verifiers` environment: an installable Python package with the grader as its reward. It reads the TRL form of the questions,
//! whose `prompt` and `answer` columns are what `verifiers` asks for.

use super::super::grader;

/// Its files, by their paths inside the release.
pub fn files(name: &str, version: &str) -> Vec<(String, Vec<u8>)> {
    let module = name.replace('-', "_");
    let project = include_str!("verifiers/pyproject.toml")
        .replace("{name}", name)
        .replace("{module}", &module)
        .replace("{version}", version);
    let at = |path: &str| format!("export/verifiers/{path}");
    vec![
        (at("pyproject.toml"), project.into_bytes()),
        (at(&format!("{module}/__init__.py")), include_bytes!("verifiers/environment.py").to_vec()),
        (at(&format!("{module}/grader.py")), grader::SOURCE.as_bytes().to_vec()),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_package_is_named_as_the_data_set_is() {
        let files = files("newt-questions", "1.2.0");
        let paths: Vec<&str> = files.iter().map(|(path, _)| path.as_str()).collect();
        assert_eq!(
            paths,
            ["pyproject.toml", "newt_questions/__init__.py", "newt_questions/grader.py"]
                .map(|path| format!("export/verifiers/{path}"))
        );
        let project = String::from_utf8(files[0].1.clone()).unwrap();
        let project: toml::Table = toml::from_str(&project).unwrap();
        assert_eq!(project["project"]["name"].as_str(), Some("newt-questions"));
        assert_eq!(project["project"]["version"].as_str(), Some("1.2.0"));
        assert!(!files.iter().any(|(_, bytes)| String::from_utf8_lossy(bytes).contains("{module}")));
    }
}

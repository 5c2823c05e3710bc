//! Puts the built site into the binary, so that it can be copied to another machine and run.
//! Without a built site (tests, editors) the list is empty, and the server looks for a folder
//! `site` beside itself. The pictures of the documentation go the same way.

use std::path::{Path, PathBuf};
use std::{env, fs};

fn main() {
    println!("cargo:rerun-if-env-changed=ROUNDTABLE_SITE");
    let site = env::var("ROUNDTABLE_SITE")
        .ok()
        .map(PathBuf::from)
        .filter(|site| site.is_dir());
    let mut files = Vec::new();
    if let Some(site) = &site {
        println!("cargo:rerun-if-changed={}", site.display());
        collect(site, site, &mut files);
    }
    write("site.rs", files);
    fold_identical_functions();
    write("pictures.rs", pictures());
    name_version();
}

/// The version that `roundtable --version` shows. A release names its commit too.
fn name_version() {
    println!("cargo:rerun-if-env-changed=ROUNDTABLE_COMMIT");
    let version = env::var("CARGO_PKG_VERSION").expect("cargo sets it");
    let shown = match env::var("ROUNDTABLE_COMMIT") {
        Ok(commit) if !commit.is_empty() => format!("{version} ({commit})"),
        _ => version,
    };
    println!("cargo:rustc-env=ROUNDTABLE_VERSION={shown}");
}

/// Links functions with the same code once, which makes the program several megabytes smaller. Only
/// for the target where Rust brings a linker that can (LLD).
fn fold_identical_functions() {
    let target = ["ARCH", "OS", "ENV"]
        .map(|part| env::var(format!("CARGO_CFG_TARGET_{part}")).unwrap_or_default());
    let is_release = env::var("PROFILE").is_ok_and(|profile| profile == "release");
    if is_release && target == ["x86_64", "linux", "gnu"] {
        println!("cargo:rustc-link-arg-bins=-Wl,--icf=all");
    }
}

/// The pictures of the documentation's tour. What lies deeper is not part of it.
fn pictures() -> Vec<(String, PathBuf)> {
    let folder =
        PathBuf::from(env::var("CARGO_MANIFEST_DIR").expect("cargo sets it")).join("../docs/tour");
    println!("cargo:rerun-if-changed={}", folder.display());
    let files = fs::read_dir(&folder)
        .into_iter()
        .flatten()
        .map(|entry| entry.expect("the folder can be read").path());
    let pictures = files.filter(|path| {
        path.extension()
            .is_some_and(|ending| ending == "png")
    });
    pictures
        .map(|path| {
            println!("cargo:rerun-if-changed={}", path.display());
            let name = path
                .file_name()
                .expect("a file")
                .to_string_lossy()
                .into_owned();
            (name, fs::canonicalize(&path).expect("exists"))
        })
        .collect()
}

/// A list of names and bytes, as Rust reads it.
fn write(name: &str, mut files: Vec<(String, PathBuf)>) {
    files.sort();
    let rows: String = files
        .iter()
        .map(|(name, path)| {
            format!(
                "    ({name:?}, include_bytes!({:?})),\n",
                path.display().to_string()
            )
        })
        .collect();
    let out = PathBuf::from(env::var("OUT_DIR").expect("cargo sets OUT_DIR")).join(name);
    fs::write(out, format!("&[\n{rows}]\n")).expect("the build folder can be written");
}

fn collect(root: &Path, folder: &Path, files: &mut Vec<(String, PathBuf)>) {
    for entry in fs::read_dir(folder).expect("the site can be read") {
        let path = entry.expect("the site can be read").path();
        if path.is_dir() {
            println!("cargo:rerun-if-changed={}", path.display());
            collect(root, &path, files);
        } else {
            println!("cargo:rerun-if-changed={}", path.display());
            let name = path
                .strip_prefix(root)
                .expect("inside the site")
                .display()
                .to_string();
            files.push((
                format!("/{name}"),
                fs::canonicalize(&path).expect("exists"),
            ));
        }
    }
}

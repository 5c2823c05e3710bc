//! Puts the built site into the binary, so that it can be copied to another machine and run. Without a built site
//! (tests, editors) the list is empty, and the server looks for a folder `site` beside itself.

use std::path::{Path, PathBuf};
use std::{env, fs};

fn main() {
    println!("cargo:rerun-if-env-changed=ROUNDTABLE_SITE");
    let site = env::var("ROUNDTABLE_SITE").ok().map(PathBuf::from).filter(|site| site.is_dir());
    let mut files = Vec::new();
    if let Some(site) = &site {
        println!("cargo:rerun-if-changed={}", site.display());
        collect(site, site, &mut files);
    }
    files.sort();
    let rows: String = files
        .iter()
        .map(|(name, path)| format!("    ({name:?}, include_bytes!({:?})),\n", path.display().to_string()))
        .collect();
    let out = PathBuf::from(env::var("OUT_DIR").expect("cargo sets OUT_DIR")).join("site.rs");
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
            let name = path.strip_prefix(root).expect("inside the site").display().to_string();
            files.push((format!("/{name}"), fs::canonicalize(&path).expect("exists")));
        }
    }
}

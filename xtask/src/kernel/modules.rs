//! A kernel's own modules and what they depend on.
//!
//! The image package has no `modules.dep` (it is made at installation), so the
//! dependencies are read where `depmod` finds them: in the modules.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};

use super::Kernel;

/// A module, ready to be loaded.
#[derive(Clone, Debug)]
pub(crate) struct Module {
    /// Its name as the kernel has it.
    pub(crate) name: String,
    /// The uncompressed object.
    pub(crate) object: Vec<u8>,
}

/// `names` and all they depend on, in the order to load them. A name that the
/// kernel has built in needs no loading and is left out.
///
/// # Errors
/// When the kernel knows no such module, or a file can't be read.
pub(crate) fn with_dependencies(kernel: &Kernel, names: &[&str]) -> Result<Vec<Module>> {
    let mut files = HashMap::new();
    list(&kernel.modules(), &mut files)?;
    let builtin_list = kernel.modules().with_file_name("modules.builtin");
    let builtin = std::fs::read_to_string(&builtin_list)
        .with_context(|| format!("can't read {}", builtin_list.display()))?
        .lines()
        .map(|line| module_name(Path::new(line)))
        .collect::<Vec<_>>();
    let mut loaded = Vec::new();
    for name in names {
        add(name, &files, &builtin, &mut loaded)
            .with_context(|| format!("for kernel {}", kernel.release))?;
    }
    Ok(loaded)
}

fn add(
    name: &str,
    files: &HashMap<String, PathBuf>,
    builtin: &[String],
    loaded: &mut Vec<Module>,
) -> Result<()> {
    let name = name.replace('-', "_");
    if builtin.contains(&name) || loaded.iter().any(|module| module.name == name) {
        return Ok(());
    }
    let file = files
        .get(&name)
        .with_context(|| format!("there is no module {name}"))?;
    let object = read(file).with_context(|| format!("can't read {}", file.display()))?;
    for dependency in
        dependencies(&object).with_context(|| format!("{} is damaged", file.display()))?
    {
        add(&dependency, files, builtin, loaded)?;
    }
    loaded.push(Module { name, object });
    Ok(())
}

fn list(folder: &Path, files: &mut HashMap<String, PathBuf>) -> Result<()> {
    for entry in
        std::fs::read_dir(folder).with_context(|| format!("can't read {}", folder.display()))?
    {
        let path = entry?.path();
        if path.is_dir() {
            list(&path, files)?;
        } else {
            files.insert(module_name(&path), path);
        }
    }
    Ok(())
}

/// `drivers/block/virtio-blk.ko.xz` is `virtio_blk` to the kernel.
fn module_name(path: &Path) -> String {
    let file = path.file_name().unwrap_or_default().to_string_lossy();
    file.split('.').next().unwrap_or_default().replace('-', "_")
}

fn read(file: &Path) -> Result<Vec<u8>> {
    let bytes = std::fs::read(file)?;
    if file.extension().is_some_and(|extension| extension == "xz") {
        let mut object = Vec::new();
        lzma_rs::xz_decompress(&mut bytes.as_slice(), &mut object)?;
        return Ok(object);
    }
    Ok(bytes)
}

/// The `depends=` line of the module's `.modinfo` section, a list of
/// NUL-terminated strings.
fn dependencies(object: &[u8]) -> Result<Vec<String>> {
    const KEY: &[u8] = b"\0depends=";
    let at = object
        .windows(KEY.len())
        .position(|window| window == KEY)
        .context("no list of dependencies")?;
    let value = &object[at + KEY.len()..];
    let end = value
        .iter()
        .position(|&byte| byte == 0)
        .context("an unterminated list of dependencies")?;
    let value = str::from_utf8(&value[..end])?;
    Ok(value
        .split(',')
        .filter(|name| !name.is_empty())
        .map(str::to_owned)
        .collect())
}

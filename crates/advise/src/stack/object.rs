//! A file that code is from, as far as unwinding needs it.

use std::fs::File;
use std::ops::Range;
use std::path::Path;
use std::sync::Arc;

use addr2line::gimli::{BaseAddresses, EhFrameHdr, NativeEndian, Pointer};
use framehop::ExplicitModuleSectionInfo;
use object::read::elf::{ElfFile64, ProgramHeader as _};
use object::{LittleEndian, Object as _, ObjectSection as _, ReadCache, ReadRef, elf};

use super::maps::Mapping;
use crate::trace::memory;

/// Bytes of a section, for each process that has the file mapped.
pub(super) type Bytes = Arc<[u8]>;

/// The most that the vdso is: it is a few pages.
const LARGEST_VDSO: u64 = 1 << 20;

/// A file, or what the kernel maps like one.
#[derive(Debug)]
pub(super) struct ObjectFile {
    /// Its path, as the process had it.
    path: String,
    /// It itself, which may have been removed or be another process's to see only.
    pub(super) file: Option<File>,
    segments: Vec<Segment>,
    sections: Sections,
    /// Where functions begin, sorted.
    functions: Vec<u64>,
}

/// Code of a file.
#[derive(Debug, Clone, Copy)]
struct Segment {
    offset: u64,
    size: u64,
    address: u64,
}

/// The sections that say how to unwind.
#[derive(Debug, Default)]
struct Sections {
    text: Option<Range<u64>>,
    got: Option<Range<u64>>,
    eh_frame: Option<(Range<u64>, Bytes)>,
    eh_frame_hdr: Option<(Range<u64>, Bytes)>,
    debug_frame: Option<Bytes>,
}

impl Sections {
    /// Where functions begin, by the index that linkers make of the table for unwinding.
    fn functions(&self) -> Option<Vec<u64>> {
        let (frames, _) = self.eh_frame.as_ref()?;
        let (index, bytes) = self.eh_frame_hdr.as_ref()?;
        let bases = BaseAddresses::default()
            .set_eh_frame(frames.start)
            .set_eh_frame_hdr(index.start);
        let header = EhFrameHdr::new(bytes, NativeEndian);
        let header = header.parse(&bases, size_of::<u64>() as u8).ok()?;
        let table = header.table()?;
        let mut entries = table.iter(&bases);
        let mut functions = Vec::new();
        while let Ok(Some((Pointer::Direct(begin), _))) = entries.next() {
            functions.push(begin);
        }
        Some(functions)
    }
}

impl ObjectFile {
    /// What is mapped there.
    pub(super) fn open(thread: u32, mapping: &Mapping<'_>) -> Self {
        let mut object = Self {
            path: mapping.path.to_string_lossy().into_owned(),
            file: None,
            segments: Vec::new(),
            sections: Sections::default(),
            functions: Vec::new(),
        };
        if mapping.inode == 0 {
            if mapping.path == Path::new("[vdso]") {
                let size = (mapping.end - mapping.begin).min(LARGEST_VDSO);
                let mut image = vec![0; size as usize];
                let read = memory::read(thread, mapping.begin, &mut image);
                object.read(image.get(..read).unwrap_or_default());
            }
            return object;
        }
        if let Some(file) = open(thread, mapping) {
            object.read(&ReadCache::new(&file));
            object.file = Some(file);
        }
        object
    }

    /// Its path, as far as it is text.
    pub(super) fn path(&self) -> &str {
        &self.path
    }

    /// Without what can't be read, unwinding goes by frame pointers.
    fn read<'data, R: ReadRef<'data>>(&mut self, data: R) {
        let Ok(file) = ElfFile64::<LittleEndian, R>::parse(data) else {
            return;
        };
        let endian = file.endian();
        let headers = file.elf_program_headers().iter();
        let code = headers.filter(|header| {
            header.p_type(endian) == elf::PT_LOAD && header.p_flags(endian) & elf::PF_X != 0
        });
        self.segments = code
            .map(|header| Segment {
                offset: header.p_offset(endian),
                size: header.p_filesz(endian),
                address: header.p_vaddr(endian),
            })
            .collect();
        let range = |name: &str| {
            let section = file.section_by_name(name)?;
            Some(section.address()..section.address().checked_add(section.size())?)
        };
        let bytes = |name: &str| {
            let section = file.section_by_name(name)?;
            Some(Bytes::from(&*section.uncompressed_data().ok()?))
        };
        self.sections = Sections {
            text: range(".text"),
            got: range(".got"),
            eh_frame: range(".eh_frame").zip(bytes(".eh_frame")),
            eh_frame_hdr: range(".eh_frame_hdr").zip(bytes(".eh_frame_hdr")),
            debug_frame: bytes(".debug_frame"),
        };
        self.functions = self.sections.functions().unwrap_or_default();
    }

    /// Where the function begins that the code before an address is of.
    pub(super) fn function(&self, address: u64) -> Option<u64> {
        let behind = self.functions.partition_point(|&begin| begin < address);
        self.functions.get(behind.checked_sub(1)?).copied()
    }

    /// What has to be added to an address of the file's headers for that in the process.
    pub(super) fn bias(&self, mapping: &Mapping<'_>) -> Option<u64> {
        let end = mapping.offset + (mapping.end - mapping.begin);
        let mut segments = self.segments.iter();
        let segment = segments.find(|segment| {
            segment.offset < end && mapping.offset < segment.offset.saturating_add(segment.size)
        })?;
        let begin = mapping.begin.wrapping_sub(mapping.offset);
        Some(
            begin
                .wrapping_add(segment.offset)
                .wrapping_sub(segment.address),
        )
    }

    /// The sections as the unwinder takes them.
    pub(super) fn sections(&self) -> ExplicitModuleSectionInfo<Bytes> {
        let Sections {
            text,
            got,
            eh_frame,
            eh_frame_hdr,
            debug_frame,
        } = &self.sections;
        let (eh_frame_svma, eh_frame) = eh_frame.clone().unzip();
        let (eh_frame_hdr_svma, eh_frame_hdr) = eh_frame_hdr.clone().unzip();
        ExplicitModuleSectionInfo {
            text_svma: text.clone(),
            got_svma: got.clone(),
            eh_frame_svma,
            eh_frame,
            eh_frame_hdr_svma,
            eh_frame_hdr,
            debug_frame: debug_frame.clone(),
            ..Default::default()
        }
    }
}

/// The file itself, also where it has been removed if the kernel lets us; else what has
/// its path where the process is.
fn open(thread: u32, mapping: &Mapping<'_>) -> Option<File> {
    use std::os::unix::fs::MetadataExt as _;
    let Mapping { begin, end, .. } = mapping;
    let itself = format!("/proc/{thread}/map_files/{begin:x}-{end:x}");
    if let Ok(file) = File::open(itself) {
        return Some(file);
    }
    let below = mapping.path.strip_prefix("/").ok()?;
    let file = File::open(Path::new(&format!("/proc/{thread}/root")).join(below)).ok()?;
    // The device is not the one that maps have on some file systems.
    (file.metadata().ok()?.ino() == mapping.inode).then_some(file)
}

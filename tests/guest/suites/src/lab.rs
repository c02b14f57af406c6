//! Batches made by hand, and where they run.
#![expect(unsafe_code, reason = "batches made by hand")]

use rustix::io::Errno;
use sysbatch::abi::{Entry, Format, RUN_SIZE, Run, Status};
use sysbatch::{Backend, Checked, Direct};
use sysbatch_reference::Operand;
use syscalls::Sysno;

use crate::harness::{Host, Options};

/// What a slot holds that no entry has written.
pub(crate) const UNWRITTEN: i64 = 0x5EED_5EED_5EED_5EED;

/// A host and access to the memory of this process.
///
/// A lab belongs to a case, which has a process of its own: what its batches
/// do wrong stays there.
#[derive(Debug)]
pub(crate) struct Lab {
    pub(crate) backend: Backend,
    pub(crate) options: Options,
    memory: Checked,
}

impl Lab {
    /// A lab for the host that was asked for.
    ///
    /// # Panics
    /// If the host is not to be had: without the module nothing passes.
    pub(crate) fn new(options: &Options) -> Self {
        Self::on(options.backend, options)
    }

    /// A lab for this host.
    pub(crate) fn on(host: Host, options: &Options) -> Self {
        let backend = match host {
            Host::Kernel => Backend::kernel().expect("the module is loaded"),
            Host::User => Backend::user(),
        };
        // SAFETY: the process is the case's own and does nothing else: what a
        // case lets its batches write to is the case's memory, or none.
        let memory = unsafe { Checked::new() }.expect("process_vm_readv works");
        Self {
            backend,
            options: options.clone(),
            memory,
        }
    }

    /// Whether batches run in the kernel.
    pub(crate) fn is_kernel(&self) -> bool {
        self.options.backend == Host::Kernel
    }

    /// Runs a batch until it is over.
    pub(crate) fn run(&mut self, batch: &mut Batch) -> Result<Status, Errno> {
        batch.prepare();
        self.run_header(&mut batch.run)
    }

    /// Runs the batch of a header that is filled in already.
    pub(crate) fn run_header(&mut self, run: &mut Run) -> Result<Status, Errno> {
        // SAFETY: as for `new`.
        unsafe { self.backend.run(run, &mut self.memory) }
    }

    /// The same with memory by pointer, which makes no calls of its own.
    ///
    /// What the batch points to must be there.
    pub(crate) fn run_direct(&mut self, batch: &mut Batch) -> Result<Status, Errno> {
        batch.prepare();
        // SAFETY: the case points at memory of its own.
        let mut memory = unsafe { Direct::new() };
        // SAFETY: as for `new`.
        unsafe { self.backend.run(&mut batch.run, &mut memory) }
    }

    /// Enters a batch once.
    pub(crate) fn enter(&mut self, batch: &mut Batch) -> Result<Status, Errno> {
        batch.prepare();
        // SAFETY: as for `new`.
        unsafe { self.backend.enter(&mut batch.run, &mut self.memory) }
    }

    /// Enters whatever is at an address.
    pub(crate) fn enter_at(&mut self, address: u64) -> Result<(), Errno> {
        // SAFETY: as for `new`.
        unsafe { self.backend.enter_at(address, &mut self.memory) }
    }

    /// The same with memory by pointer.
    ///
    /// It must be there, and what it points to.
    pub(crate) fn enter_at_direct(&mut self, address: u64) -> Result<(), Errno> {
        // SAFETY: the case points at memory of its own.
        let mut memory = unsafe { Direct::new() };
        // SAFETY: as for `new`.
        unsafe { self.backend.enter_at(address, &mut memory) }
    }
}

/// A program with a result slot for each entry, and its header.
#[derive(Clone, Debug)]
pub(crate) struct Batch {
    pub(crate) entries: Vec<Entry>,
    pub(crate) results: Vec<i64>,
    pub(crate) run: Run,
}

impl Batch {
    /// A batch with fuel to go through its program once.
    pub(crate) fn new(entries: impl Into<Vec<Entry>>) -> Self {
        let entries = entries.into();
        let mut batch = Self {
            results: vec![UNWRITTEN; entries.len()],
            run: Run {
                size: u32::try_from(RUN_SIZE).expect("the header is small"),
                format: Format::Native.raw(),
                fuel: to_u64(entries.len()),
                ..Run::default()
            },
            entries,
        };
        batch.prepare();
        batch
    }

    /// The same batch with this much fuel.
    pub(crate) fn with_fuel(mut self, fuel: u64) -> Self {
        self.run.fuel = fuel;
        self
    }

    /// Puts the addresses into the header.
    pub(crate) fn prepare(&mut self) {
        self.run.program = address_of_mut(&mut self.entries);
        self.run.len = to_u64(self.entries.len());
        self.run.results = address_of_mut(&mut self.results);
        self.run.results_len = to_u64(self.results.len());
    }

    /// The status that the header tells.
    pub(crate) fn status(&self) -> Option<Status> {
        Status::from_raw(self.run.status)
    }
}

/// The address of the first element, for a batch to read.
pub(crate) fn address_of<T>(slice: &[T]) -> u64 {
    to_u64(slice.as_ptr().expose_provenance())
}

/// The address of the first element, for a batch to write.
pub(crate) fn address_of_mut<T>(slice: &mut [T]) -> u64 {
    to_u64(slice.as_mut_ptr().expose_provenance())
}

/// A size or an address as the batch has it.
pub(crate) fn to_u64(size: usize) -> u64 {
    u64::try_from(size).expect("64-bit")
}

/// A system call with these operands.
pub(crate) fn sys<const N: usize>(call: Sysno, operands: [Operand; N]) -> Entry {
    sysbatch_reference::call(u32::try_from(call.id()).expect("a call number"), &operands)
}

/// An immediate operand.
pub(crate) fn imm(value: impl TryInto<i64>) -> Operand {
    let value = value.try_into().ok().expect("it fits 64 bits");
    Operand::Immediate(value.cast_unsigned())
}

/// An address as an operand.
pub(crate) fn at(address: u64) -> Operand {
    Operand::Immediate(address)
}

/// The result of the entry with this index.
pub(crate) fn result(index: u64) -> Operand {
    Operand::Result(index)
}

/// A built-in that stores `value` in the entry's own slot.
pub(crate) fn set(value: i64) -> Entry {
    sysbatch_reference::built_in(sysbatch::abi::BuiltIn::Set, &[imm(value)])
}

/// An error as a sub-call returns it.
pub(crate) fn error(errno: Errno) -> i64 {
    -i64::from(errno.raw_os_error())
}

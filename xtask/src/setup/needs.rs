//! Which Debian packages what is done here takes.

/// What is to be done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Purpose {
    /// Build the module.
    Module,
    /// Boot machines, too: the demonstration and `cargo xtask vm`.
    Machine,
    /// Run all tests, too.
    Tests,
    /// Build a kernel, and run all tests in it.
    DebugKernel,
    /// Measure, which takes machines and nothing of the tests.
    Benchmarks,
    /// Build Debian packages, which takes nothing of the rest.
    Packages,
    /// Run the user side's tests on a guest of another architecture, which needs nothing
    /// of the module's.
    OtherArchitecture,
    /// Make fresh systems, which need nothing of the rest here.
    FreshSystems,
}

impl Purpose {
    /// Whether it takes what another takes.
    pub(super) fn takes(self, other: Self) -> bool {
        match self {
            Self::Packages | Self::OtherArchitecture | Self::FreshSystems => other == self,
            Self::Benchmarks => other == self || other <= Self::Machine,
            Self::Module | Self::Machine | Self::Tests | Self::DebugKernel => other <= self,
        }
    }
}

/// One need: the first of `packages` that the archive has serves it.
#[derive(Debug)]
pub(super) struct Need {
    pub(super) packages: &'static [&'static str],
    /// The least purpose that takes it.
    pub(super) purpose: Purpose,
}

/// All needs but the compilers, which depend on the kernels and on what is
/// installed.
pub(super) const NEEDS: &[Need] = &[
    // The kernel's build, and the library of its objtool.
    need(Purpose::Module, &["make"]),
    need(Purpose::Module, &["libc6-dev"]),
    need(Purpose::Module, &["libelf1t64", "libelf1"]),
    // The virtual machine, its shell and its disks.
    need(Purpose::Machine, &["qemu-system-x86"]),
    need(Purpose::Machine, &["busybox-static"]),
    need(Purpose::Machine, &["e2fsprogs"]),
    // The C header, the manual pages and the C library are checked with these.
    need(Purpose::Tests, &["gcc"]),
    need(Purpose::Tests, &["g++"]),
    // For the GCC that the release has: 14 in Debian 13, 12 in Debian 12.
    need(Purpose::Tests, &["gcc-14-plugin-dev", "gcc-12-plugin-dev"]),
    need(Purpose::Tests, &["groff-base"]),
    need(Purpose::Tests, &["binutils"]),
    need(Purpose::Tests, &["pkg-config", "pkgconf"]),
    // Compares the calls of combined functions with those of the same as they are written.
    need(Purpose::Tests, &["strace"]),
    // Builds the module on users' machines, and so in a test.
    need(Purpose::Tests, &["dkms"]),
    // Unpack the sources of a kernel, and build it.
    need(Purpose::DebugKernel, &["xz-utils"]),
    need(Purpose::DebugKernel, &["bc"]),
    need(Purpose::DebugKernel, &["bison"]),
    need(Purpose::DebugKernel, &["flex"]),
    need(Purpose::DebugKernel, &["libelf-dev"]),
    need(Purpose::DebugKernel, &["perl"]),
    // Counts instructions.
    need(Purpose::Benchmarks, &["valgrind"]),
    // Build the packages, and find fault with them.
    need(Purpose::Packages, &["build-essential"]),
    need(Purpose::Packages, &["debhelper"]),
    need(Purpose::Packages, &["dh-dkms"]),
    need(Purpose::Packages, &["git"]),
    need(Purpose::Packages, &["lintian"]),
    // Builds for another architecture, and emulates it.
    need(Purpose::OtherArchitecture, &["gcc-aarch64-linux-gnu"]),
    need(Purpose::OtherArchitecture, &["libc6-dev-arm64-cross"]),
    need(Purpose::OtherArchitecture, &["qemu-system-arm"]),
    need(Purpose::OtherArchitecture, &["e2fsprogs"]),
    need(Purpose::OtherArchitecture, &["make"]),
    // Makes the fresh systems.
    need(Purpose::FreshSystems, &["debootstrap"]),
];

const fn need(purpose: Purpose, packages: &'static [&'static str]) -> Need {
    Need { packages, purpose }
}

//! Functions at random, of the kind that `combine` is for.

use std::fmt::Write as _;

/// Numbers at random, the same for the same seed (xorshift64*).
pub(crate) struct Random(u64);

impl Random {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1)
    }

    fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 16
    }

    fn below(&mut self, end: usize) -> usize {
        (self.next() % end as u64) as usize
    }

    fn one_in(&mut self, count: usize) -> bool {
        self.below(count) == 0
    }

    fn of<'a>(&mut self, words: &[&'a str]) -> &'a str {
        words[self.below(words.len())]
    }
}

#[derive(Clone)]
struct Length {
    name: String,
    buffer: String,
}

/// What there is in a function so far.
#[derive(Clone, Default)]
struct Scope {
    descriptors: Vec<(String, usize)>,
    lengths: Vec<Length>,
    stats: Vec<String>,
    counters: Vec<String>,
    buffers: Vec<String>,
    depth: usize,
    in_loop: bool,
}

pub(crate) struct Writer<'a> {
    random: &'a mut Random,
    text: String,
    names: usize,
    left: usize,
    error: &'static str,
}

/// All are relative and lead into the function's own folder: what is done to them, by root
/// maybe, must not be done to files of the machine.
const PATHS: &[&str] = &[
    "\"a\"",
    "\"a\"",
    "\"b\"",
    "\"b\"",
    "name",
    "\"sub/c\"",
    "\"link\"",
    "c\"b\"",
    "\"missing\"",
    "\"new\"",
    "\"sub\"",
    "\"sub/c\"",
    "name",
    "\"full\"",
    "\"bad\\0\"",
    "c\"a\"",
    "\"link\"",
    "\"other\"",
];
const FLAGS: &[&str] = &[
    "OFlags::RDONLY",
    "OFlags::RDWR",
    "OFlags::RDWR",
    "OFlags::RDWR | OFlags::CREATE",
    "OFlags::WRONLY | OFlags::CREATE",
    "OFlags::RDWR | OFlags::CREATE | OFlags::TRUNC",
    "OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL",
    "OFlags::RDONLY | OFlags::DIRECTORY",
    "OFlags::RDWR | OFlags::APPEND",
    "flags",
];

/// A function with each call that is known, whose arguments are those of all functions.
pub(crate) fn whole(name: &str) -> String {
    format!("pub fn {name}{PARAMETERS} -> io::Result<u64> {{\n{WHOLE}\n}}\n")
}

const WHOLE: &str = r#"
    mkdir("made", Mode::RWXU)?;
    mkdirat(CWD, "made/too", Mode::RWXU)?;
    let one = open("a", OFlags::RDWR, Mode::empty())?;
    let two = openat(CWD, name, OFlags::RDWR | OFlags::CREATE, Mode::RUSR)?;
    let first = stat("a")?;
    let second = lstat("link")?;
    let third = fstat(&two)?;
    let fourth = statat(dir, "link", AtFlags::SYMLINK_NOFOLLOW)?;
    let fifth = statx(dir, "a", AtFlags::empty(), StatxFlags::BASIC_STATS)?;
    let _ = statx(dir, "a", AtFlags::empty(), StatxFlags::from_bits_retain(0x8000_0000));
    let _ = statx(dir, "a", AtFlags::empty(), StatxFlags::from_bits_retain(0x4000_0001));
    let _ = stat("bad\0");
    if first.st_size == 43 { fsync(&one)?; }
    if fifth.stx_size != 43 { fdatasync(&one)?; }
    ftruncate(&two, third.st_size as u64)?;
    ftruncate(&two, fifth.stx_size)?;
    fallocate(&two, FallocateFlags::KEEP_SIZE, 0, 10).ok();
    fdatasync(&two)?;
    syncfs(&two)?;
    fchmod(&two, Mode::RUSR | Mode::WUSR)?;
    flock(&two, FlockOperation::LockExclusive)?;
    seek(&one, SeekFrom::Data(1)).ok();
    seek(&one, SeekFrom::Hole(number)).ok();
    let place = seek(&one, SeekFrom::End(-3))?;
    let same = tell(&one)?;
    if place == same { fsync(&one)?; }
    let length = pread(&one, &mut *buffer, place)?;
    pwrite(&two, &buffer[..length], same)?;
    write(&two, data)?;
    let more = read(&one, &mut *buffer)?;
    rename("sub/c", "renamed")?;
    renameat(dir, "renamed", CWD, "again")?;
    link("a", "hard")?;
    linkat(dir, "link", dir, "soft", AtFlags::empty())?;
    symlink("a", "symbolic")?;
    symlinkat(name, dir, "other")?;
    unlink("hard")?;
    unlinkat(dir, "made/too", AtFlags::REMOVEDIR)?;
    rmdir("made")?;
    let three = dup(&one)?;
    let four = fcntl_dupfd_cloexec(&one, 20)?;
    drop(three);
    let (reader, writer) = pipe()?;
    let (also, too) = pipe_with(PipeFlags::CLOEXEC | PipeFlags::NONBLOCK)?;
    write(&writer, b"text")?;
    read(&reader, &mut *buffer)?;
    let _ = accept(&one);
    let _ = accept_with(&one, SocketFlags::CLOEXEC);
    listen(&one, 5).ok();
    listen(&one, -1).ok();
    send(&one, data, SendFlags::NOSIGNAL).ok();
    shutdown(&one, Shutdown::Both).ok();
    Ok(number)
"#;

const PARAMETERS: &str = "(dir: BorrowedFd<'_>, outside: BorrowedFd<'_>, data: &[u8], \
    buffer: &mut [u8; 16], name: &str, number: u64, flags: OFlags, log: &mut Vec<u64>)";

/// A function with this name.
pub(crate) fn function(random: &mut Random, name: &str) -> String {
    let kind = random.below(4);
    let (output, error) = match kind {
        0 => ("io::Result<u64>", ".into()"),
        1 => ("Result<u64, Errno>", ""),
        2 => ("Result<u64, Failure>", ".into()"),
        _ => ("Result<usize, Errno>", ""),
    };
    let left = 3 + random.below(12);
    let mut writer = Writer {
        random,
        text: String::new(),
        names: 0,
        left,
        error,
    };
    let mut scope = Scope {
        buffers: vec!["buffer".to_owned()],
        ..Scope::default()
    };
    while writer.left > 0 {
        writer.statement(&mut scope);
    }
    let end = writer.end(&scope, kind == 3);
    // Without any call there would be nothing to combine.
    writer.text.insert_str(0, "let _ = fsync(outside);\n");
    format!(
        "pub fn {name}{PARAMETERS} -> {output} {{\n{}{end}\n}}\n",
        writer.text
    )
}

impl Writer<'_> {
    fn name(&mut self, what: &str) -> String {
        // Names come again, so that variables are shadowed.
        if self.random.one_in(4) && self.names > 0 {
            return format!("{what}{}", self.random.below(self.names));
        }
        self.names += 1;
        format!("{what}{}", self.names - 1)
    }

    fn line(&mut self, text: &str) {
        writeln!(self.text, "{text}").expect("writing to a string");
    }

    fn path(&mut self) -> &'static str {
        self.random.of(PATHS)
    }

    fn descriptor(&mut self, scope: &Scope) -> String {
        if scope.descriptors.is_empty() || self.random.one_in(6) {
            return self.random.of(&["outside", "dir", "&outside"]).to_owned();
        }
        let at = self.random.below(scope.descriptors.len());
        let name = &scope.descriptors[at].0;
        match self.random.below(4) {
            0 => format!("{name}.as_fd()"),
            _ => format!("&{name}"),
        }
    }

    fn number(&mut self, scope: &Scope) -> String {
        match self.random.below(5) {
            0 if !scope.lengths.is_empty() => {
                let at = self.random.below(scope.lengths.len());
                format!("{} as u64", scope.lengths[at].name)
            }
            1 if !scope.stats.is_empty() => {
                let at = self.random.below(scope.stats.len());
                format!("{}.st_size as u64", scope.stats[at])
            }
            2 => "number".to_owned(),
            3 if !scope.lengths.is_empty() => {
                let at = self.random.below(scope.lengths.len());
                format!("{} as u64 + 2", scope.lengths[at].name)
            }
            _ => self.random.below(9).to_string(),
        }
    }

    /// A call whose result is nothing of use, without what is done with it.
    fn plain_call(&mut self, scope: &Scope) -> String {
        let (first, second) = (self.path(), self.path());
        let descriptor = self.descriptor(scope);
        let number = self.number(scope);
        match self.random.below(9) {
            0 => format!("mkdirat(dir, {first}, Mode::RWXU)"),
            1 | 2 => format!("unlinkat(dir, {first}, AtFlags::empty())"),
            3 => format!("renameat(dir, {first}, dir, {second})"),
            4 => format!("linkat(dir, {first}, dir, {second}, AtFlags::empty())"),
            5 => format!("symlinkat({first}, dir, {second})"),
            6 => format!("ftruncate({descriptor}, {number})"),
            7 => format!("fsync({descriptor})"),
            _ => format!("fchmod({descriptor}, Mode::RUSR)"),
        }
    }

    fn buffer(&mut self, scope: &Scope) -> (String, String) {
        let at = self.random.below(scope.buffers.len());
        let name = scope.buffers[at].clone();
        let argument = if name == "buffer" {
            self.random
                .of(&["&mut *buffer", "&mut buffer[..]"])
                .to_owned()
        } else {
            format!("&mut {name}")
        };
        (name, argument)
    }

    fn bytes(&mut self, scope: &Scope) -> String {
        match self.random.below(5) {
            0 | 1 if !scope.lengths.is_empty() => {
                let at = self.random.below(scope.lengths.len());
                let length = scope.lengths[at].clone();
                format!("&{}[..{}]", length.buffer, length.name)
            }
            2 => "data".to_owned(),
            3 => "b\"text\"".to_owned(),
            _ => {
                let at = self.random.below(scope.buffers.len());
                format!("&{}[..]", scope.buffers[at])
            }
        }
    }

    fn leave(&mut self, scope: &Scope) -> String {
        let value = self.random.below(100);
        match self.random.below(5) {
            0 if scope.in_loop => "break;".to_owned(),
            1 if scope.in_loop => "continue;".to_owned(),
            2 => format!("{{ log.push({value}); return Ok({value}); }}"),
            3 => format!("return Err(Errno::PERM{});", self.error),
            _ => format!("return Ok({value});"),
        }
    }

    fn condition(&mut self, scope: &Scope) -> String {
        let operator = self.random.of(&["==", "!=", "<", "<=", ">", ">="]);
        let value = self.random.below(20);
        if let (false, Some(length)) = (self.random.one_in(4), scope.lengths.last()) {
            return format!("{} {operator} {value}", length.name);
        }
        if let (true, Some(stat)) = (self.random.one_in(2), scope.stats.last()) {
            return format!("{stat}.st_size {} {value}", self.random.of(&["==", "!="]));
        }
        if let (true, Some(counter)) = (self.random.one_in(2), scope.counters.last()) {
            return format!("{counter} {operator} number && number {operator} 3");
        }
        format!("number {operator} {value}")
    }

    fn block(&mut self, scope: &Scope, in_loop: bool) {
        let mut inner = scope.clone();
        inner.depth += 1;
        inner.in_loop |= in_loop;
        for _ in 0..1 + self.random.below(3) {
            self.statement(&mut inner);
        }
        if self.random.one_in(3) {
            let leave = self.leave(&inner);
            self.line(&leave);
        }
    }

    fn statement(&mut self, scope: &mut Scope) {
        self.left = self.left.saturating_sub(1);
        let nested = scope.depth < 3;
        match self.random.below(31) {
            0..=4 => {
                let (path, flags) = (self.path(), self.random.of(FLAGS));
                let name = self.name("file");
                let directory = if self.random.one_in(5) {
                    self.descriptor(scope)
                } else {
                    "dir".into()
                };
                self.line(&format!(
                    "let {name} = openat({directory}, {path}, {flags}, Mode::RUSR | Mode::WUSR)?;"
                ));
                scope.descriptors.retain(|(other, _)| *other != name);
                scope.descriptors.push((name, scope.depth));
            }
            5..=7 => {
                let descriptor = self.descriptor(scope);
                let (buffer, argument) = self.buffer(scope);
                let name = self.name("length");
                let call = match self.random.below(3) {
                    0 => {
                        let number = self.number(scope);
                        format!("pread({descriptor}, {argument}, {number})?")
                    }
                    1 => format!(
                        "match read({descriptor}, {argument}) {{ Ok(value) => value, Err(Errno::ISDIR) => {{ \
                         log.push(3); return Ok(0) }} Err(error) => return Err(error{}) }}",
                        self.error
                    ),
                    _ => format!("read({descriptor}, {argument})?"),
                };
                self.line(&format!("let {name} = {call};"));
                scope.lengths.retain(|other| other.name != name);
                scope.lengths.push(Length { name, buffer });
            }
            8..=10 => {
                let (descriptor, bytes) = (self.descriptor(scope), self.bytes(scope));
                let call = if self.random.one_in(3) {
                    let number = self.number(scope);
                    format!("pwrite({descriptor}, {bytes}, {number})")
                } else {
                    format!("write({descriptor}, {bytes})")
                };
                let use_ =
                    self.random
                        .of(&["CALL?;", "let _ = CALL;", "CALL.ok();", "let _ = CALL?;"]);
                self.line(&use_.replace("CALL", &call));
            }
            11 => {
                let name = self.name("stat");
                let call = if self.random.one_in(2) {
                    format!("fstat({})", self.descriptor(scope))
                } else {
                    format!("statat(dir, {}, AtFlags::SYMLINK_NOFOLLOW)", self.path())
                };
                self.line(&format!("let {name} = {call}?;"));
                scope.stats.retain(|other| *other != name);
                scope.stats.push(name);
            }
            12..=14 => {
                let call = self.plain_call(scope);
                let use_ = self
                    .random
                    .of(&["CALL?;", "let _ = CALL;", "CALL.ok();", "_ = CALL;"]);
                self.line(&use_.replace("CALL", &call));
            }
            15 | 16 => {
                let own: Vec<String> = scope
                    .descriptors
                    .iter()
                    .filter(|(_, depth)| *depth == scope.depth)
                    .map(|(name, _)| name.clone())
                    .collect();
                if own.is_empty() {
                    return;
                }
                let name = own[self.random.below(own.len())].clone();
                self.line(&format!("drop({name});"));
                scope.descriptors.retain(|(other, _)| *other != name);
            }
            17 => {
                let name = self.name("file");
                let descriptor = self.descriptor(scope);
                self.line(&format!("let {name} = dup({descriptor})?;"));
                scope.descriptors.retain(|(other, _)| *other != name);
                scope.descriptors.push((name, scope.depth));
            }
            18 => {
                let (reader, writer) = (self.name("reader"), self.name("writer"));
                self.line(&format!(
                    "let ({reader}, {writer}) = pipe_with(PipeFlags::NONBLOCK)?;"
                ));
                for name in [reader, writer] {
                    scope.descriptors.retain(|(other, _)| *other != name);
                    scope.descriptors.push((name, scope.depth));
                }
            }
            19 => {
                let (name, size) = (self.name("bytes"), 1 + self.random.below(40));
                self.line(&format!("let mut {name} = [0_u8; {size}];"));
                scope.lengths.retain(|length| length.buffer != name);
                scope.buffers.retain(|other| *other != name);
                scope.buffers.push(name);
            }
            20 => {
                let text = match (scope.lengths.last(), self.random.below(4)) {
                    (Some(length), 0 | 1) => format!("log.push({} as u64);", length.name),
                    (_, 2) => "helper(log, number);".to_owned(),
                    _ => "let later = number.wrapping_add(1); log.push(later);".to_owned(),
                };
                self.line(&text);
            }
            21 if nested => {
                let condition = self.condition(scope);
                self.line(&format!("if {condition} {{"));
                self.block(scope, false);
                if self.random.one_in(3) {
                    self.line("} else {");
                    self.block(scope, false);
                }
                self.line("}");
            }
            22 if nested => {
                let (call, leave) = (self.plain_call(scope), self.leave(scope));
                match self.random.below(4) {
                    0 => self.line(&format!("if let Err(error) = {call} {{ log.push(error.raw_os_error() as u64); {leave} }}")),
                    1 => {
                        self.line(&format!("if let Err(_) = {call} {{"));
                        self.block(scope, false);
                        self.line("}");
                    }
                    2 => self.line(&format!(
                        "match {call} {{ Ok(()) | Err(Errno::NOENT) => {{}} Err(error) => return Err(error{}) }}",
                        self.error
                    )),
                    _ => {
                        self.line(&format!("match {call} {{ Ok(()) => {{"));
                        self.block(scope, false);
                        self.line("} Err(Errno::EXIST) => {");
                        self.block(scope, false);
                        self.line(&format!("}} Err(_) => {{ {leave} }} }}"));
                    }
                }
            }
            23 if nested => {
                let counter = self.name("count");
                let end = 1 + self.random.below(4);
                self.line(&format!("let mut {counter} = 0_u64;"));
                let mut inner = scope.clone();
                inner.counters.push(counter.clone());
                if self.random.one_in(2) {
                    self.line(&format!("while {counter} < {end} {{ {counter} += 1;"));
                } else {
                    self.line(&format!(
                        "loop {{ if {counter} == {end} {{ break; }} {counter} += 1;"
                    ));
                }
                self.block(&inner, true);
                self.line("}");
                if self.random.one_in(2) {
                    self.line(&format!("log.push({counter});"));
                }
                scope.counters.retain(|other| *other != counter);
                scope.counters.push(counter);
            }
            24 if nested => {
                self.line("for part in [\"a\", \"sub\", \"missing\"] {");
                self.line("let inner = statat(dir, part, AtFlags::empty()); log.push(u64::from(inner.is_ok()));");
                self.block(scope, true);
                self.line("}");
            }
            26 => {
                let (path, leave) = (self.path(), self.leave(scope));
                let name = self.name("file");
                self.line(&format!(
                    "let Ok({name}) = openat(dir, {path}, OFlags::RDWR, Mode::empty()) else {{ {leave} }};"
                ));
                scope.descriptors.retain(|(other, _)| *other != name);
                scope.descriptors.push((name, scope.depth));
            }
            27 => {
                let descriptor = self.descriptor(scope);
                let to = self.random.of(&[
                    "SeekFrom::Start(3)",
                    "SeekFrom::End(-2)",
                    "SeekFrom::Current(1)",
                    "SeekFrom::Start(number)",
                ]);
                let name = self.name("place");
                self.line(&format!("let {name} = seek({descriptor}, {to})?;"));
                match self.random.below(3) {
                    0 => self.line(&format!("ftruncate(&outside, {name}).ok();")),
                    1 => {
                        let limit = self.random.of(&["number", "3", "5", "u64::MAX"]);
                        self.line(&format!("if {name} == {limit} {{ fsync(&outside)?; }}"));
                    }
                    _ => {}
                }
            }
            28 if nested => {
                let (descriptor, (buffer, argument)) = (self.descriptor(scope), self.buffer(scope));
                let name = self.name("length");
                self.line(&format!(
                    "if let Ok({name}) = read({descriptor}, {argument}) {{"
                ));
                let mut inner = scope.clone();
                inner.lengths.push(Length { name, buffer });
                self.block(&inner, false);
                if self.random.one_in(2) {
                    self.line("} else {");
                    self.block(scope, false);
                }
                self.line("}");
            }
            29 if nested => {
                let path = self.path();
                let name = self.name("file");
                self.line(&format!(
                    "match openat(dir, {path}, OFlags::RDWR, Mode::empty()) {{ Ok({name}) => {{"
                ));
                let mut inner = scope.clone();
                inner.descriptors.retain(|(other, _)| *other != name);
                inner.descriptors.push((name, scope.depth + 1));
                self.block(&inner, false);
                let leave = self.leave(scope);
                self.line(&format!(
                    "}} Err(Errno::NOENT | Errno::ISDIR) => {{}} Err(_) => {{ {leave} }} }}"
                ));
            }
            30 => {
                let name = self.name("file");
                let (path, error) = (self.path(), self.error);
                self.line(&format!(
                    "let {name} = match openat(dir, {path}, OFlags::RDONLY, Mode::empty()) {{ Ok(file) => file, \
                     Err(Errno::NOENT) => return Ok(1), Err(error) => {{ log.push(4); return Err(error{error}) }} }};"
                ));
                scope.descriptors.retain(|(other, _)| *other != name);
                scope.descriptors.push((name, scope.depth));
            }
            25 => {
                let name = self.name("outcome");
                let call = if self.random.one_in(2) {
                    format!(
                        "openat(dir, {}, OFlags::RDONLY, Mode::empty())",
                        self.path()
                    )
                } else {
                    self.plain_call(scope)
                };
                self.line(&format!("let {name} = {call};"));
                if self.random.one_in(2) {
                    self.line(&format!("log.push(u64::from({name}.is_ok()));"));
                }
            }
            _ => {}
        }
    }

    fn end(&mut self, scope: &Scope, tail: bool) -> String {
        if tail {
            let descriptor = self.descriptor(scope);
            return match self.random.below(3) {
                0 => format!("read({descriptor}, &mut buffer[..])"),
                1 => format!("Ok(write({descriptor}, data)?)"),
                _ => "Ok(0)".to_owned(),
            };
        }
        match (scope.lengths.last(), self.random.below(3)) {
            (Some(length), 0) => format!("Ok({} as u64)", length.name),
            (Some(length), 1) => format!("Ok(u64::try_from({}).unwrap_or(9))", length.name),
            _ => "Ok(number)".to_owned(),
        }
    }
}

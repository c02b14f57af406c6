//! A function, made at random: calls, conditions on their results, and what stands between.

use super::condition::{Kind, condition};
use super::numbers::Numbers;

/// Its text as it grows.
pub(super) struct Function {
    body: String,
    /// Descriptors that have been opened, most of them checked.
    descriptors: Vec<String>,
    /// Lengths that have been read.
    lengths: Vec<String>,
    results: usize,
    depth: usize,
}

const PATHS: &[&str] = &[
    "name",
    "\"a\"",
    "\"b\"",
    "\"none\"",
    "\"sub\"",
    "\"sub/c\"",
    "\"link\"",
    "\"new\"",
    "name + 1",
    "name + (size & 1)",
];
const FLAGS: &[&str] = &[
    "O_RDONLY",
    "O_RDWR",
    "O_WRONLY | O_TRUNC",
    "O_RDWR | O_CREAT, 0600",
    "O_WRONLY | O_CREAT | O_EXCL, 0640",
    "O_RDONLY | O_DIRECTORY",
];
const BUFFERS: &[&str] = &["memory.a", "memory.b", "own", "other"];
const SIZES: &[&str] = &["16", "4", "size", "1", "size + 2", "0"];
/// Calls that give 0, with `D` for a descriptor and `P` for a path.
const STATUS: &[&str] = &[
    "close(D)",
    "close(D)",
    "fsync(D)",
    "ftruncate(D, 7)",
    "fstat(D, &memory.st)",
    "fstat(D, &st)",
    "fchmod(D, 0644)",
    "unlink(P)",
    "mkdir(P, 0700)",
    "rename(P, P)",
    "symlink(P, P)",
    "access(P, R_OK)",
    "stat(P, &st)",
    "lstat(P, &memory.st)",
    "fstatat(dir, P, &st, 0)",
    "link(P, P)",
    "unlinkat(dir, P, 0)",
    "mkdirat(dir, P, 0711)",
    "truncate(P, 3)",
    "rmdir(P)",
];
/// What may stand between calls, with `R` for a result.
const BETWEEN: &[&str] = &[
    "x += R;",
    "x = x * 3 + 1;",
    "memory.counter++;",
    "memory.counter += x;",
    "x += memory.counter;",
    "x += errno;",
    "errno = 0;",
    "own[1] = 'x';",
    "x += own[0];",
    "x += own[3] + other[2];",
    "other[0]++;",
    "memory.a[2] = (char)x;",
    "x += memory.b[3];",
    "x += st.st_size;",
    "log[x & 3] = R;",
    "log[2] = R;",
    "size = (size + 3) % 12;",
    "if (x & 1) { x++; }",
    "if (x & 2) { memory.counter--; }",
    "(void)!access(\"/mark/between\", F_OK);",
    "name = x & 1 ? \"a\" : name;",
];

impl Function {
    /// One of three to nine statements.
    pub(super) fn new(numbers: &mut Numbers) -> Self {
        let mut function = Self {
            body: String::new(),
            descriptors: Vec::new(),
            lengths: Vec::new(),
            results: 0,
            depth: 0,
        };
        function.statements(numbers, 3);
        function
    }

    /// The function with a number.
    pub(super) fn text(&self, index: usize) -> String {
        let mut declared = String::new();
        for result in 0..self.results {
            declared.push_str(&format!("\tlong r{result} = 0;\n"));
        }
        format!(
            "RANDOM long function_{index}(int dir, int outside, const char *name, size_t size)\n{{\n\tlong x = 1, log[4] = {{ 0 }};\n\tchar own[16] = \"own\", \
             other[16] = \"other\";\n\tstruct stat st = {{ 0 }};\n{declared}\
             \t(void)dir; (void)outside; (void)name; (void)size;\n{}\
             \tgoto out;\nout:\n\tmemory.counter += log[0] + log[1] * 3 + log[2] * 5 + log[3] * 7;\n\
             \tmemcpy(memory.b, x & 1 ? own : other, 8);\n\treturn x + st.st_size{};\n}}\n\n",
            self.body,
            (0..self.results)
                .map(|result| format!(" + r{result} * {}", result + 2))
                .collect::<String>()
        )
    }

    fn statements(&mut self, numbers: &mut Numbers, least: usize) {
        for _ in 0..least + numbers.below(7) {
            match numbers.below(14) {
                0..=1 => self.open(numbers),
                2..=3 => {
                    let buffer = numbers.one(BUFFERS);
                    self.transfer(numbers, buffer);
                }
                4 => self.touch(numbers),
                5 => self.seek(numbers),
                6..=8 => self.status(numbers),
                9 if self.depth == 0 => self.repeat(numbers),
                _ => self.between(numbers),
            }
        }
    }

    fn line(&mut self, text: &str) {
        self.body.push('\t');
        self.body.push_str(text);
        self.body.push('\n');
    }

    fn path(numbers: &mut Numbers) -> &'static str {
        numbers.one(PATHS)
    }

    fn descriptor(&self, numbers: &mut Numbers) -> String {
        match self.descriptors.last() {
            Some(last) if !numbers.once_in(4) => format!("(int){last}"),
            Some(_) => {
                let which = numbers.below(self.descriptors.len());
                format!("(int){}", self.descriptors[which])
            }
            None => numbers.one(&["outside", "outside", "dir", "99"]).to_owned(),
        }
    }

    /// Calls something, and mostly looks at the result.
    fn call(&mut self, numbers: &mut Numbers, kind: Kind, call: &str) -> String {
        let result = format!("r{}", self.results);
        self.results += 1;
        self.line(&format!("{result} = {call};"));
        if !numbers.once_in(if kind == Kind::Descriptor { 9 } else { 3 }) {
            let condition = condition(numbers, kind, &result);
            let leave = self.leave(numbers);
            self.line(&format!("if ({condition}) {{ {leave} }}"));
        }
        result
    }

    /// A way out.
    fn leave(&self, numbers: &mut Numbers) -> String {
        let close = match self.descriptors.last() {
            Some(last) if numbers.once_in(2) => format!("close((int){last}); "),
            _ => String::new(),
        };
        let unlink = if numbers.once_in(4) {
            "(void)unlink(\"new\"); "
        } else {
            ""
        };
        let end = match numbers.below(if self.depth > 0 { 5 } else { 3 }) {
            0 => "goto out;".to_owned(),
            1 => "return -5;".to_owned(),
            2 => "x += errno; goto out;".to_owned(),
            3 => "break;".to_owned(),
            _ => "continue;".to_owned(),
        };
        format!("{close}{unlink}{end}")
    }

    fn open(&mut self, numbers: &mut Numbers) {
        let path = Self::path(numbers);
        let flags = numbers.one(FLAGS);
        let call = match numbers.below(4) {
            0 => format!("openat(dir, {path}, {flags})"),
            1 if !self.descriptors.is_empty() => format!("dup({})", self.descriptor(numbers)),
            _ => format!("open({path}, {flags})"),
        };
        let result = self.call(numbers, Kind::Descriptor, &call);
        self.descriptors.push(result);
    }

    /// Two calls with the same buffer, which is looked at between them, or changed.
    fn touch(&mut self, numbers: &mut Numbers) {
        let buffer = numbers.one(BUFFERS);
        self.transfer(numbers, buffer);
        let at = numbers.below(4);
        let touch = match numbers.below(3) {
            0 => format!("{buffer}[{at}]++;"),
            1 => format!("{buffer}[{at}] = 'y';"),
            _ => format!("x += {buffer}[{at}];"),
        };
        self.line(&touch);
        self.transfer(numbers, buffer);
    }

    fn transfer(&mut self, numbers: &mut Numbers, buffer: &str) {
        let descriptor = self.descriptor(numbers);
        let size = numbers.one(SIZES);
        let known = self.lengths.last().cloned();
        let length = match known {
            Some(known) if !numbers.once_in(3) => format!("(size_t){known}"),
            _ => size.to_owned(),
        };
        let call = match numbers.below(4) {
            0 => format!("write({descriptor}, {buffer}, {length} % 17)"),
            1 => format!("pwrite({descriptor}, {buffer}, {size}, 3)"),
            2 => format!("pread({descriptor}, {buffer}, {size}, 2)"),
            _ => format!("read({descriptor}, {buffer}, {size})"),
        };
        // Half of them with the length itself: as long as the buffer, at most.
        let call = if numbers.once_in(2) {
            call.replace(" % 17", "")
        } else {
            call
        };
        let is_read = call.starts_with("read");
        let result = self.call(numbers, Kind::Length, &call);
        if is_read {
            self.lengths.push(result);
        }
    }

    fn seek(&mut self, numbers: &mut Numbers) {
        let descriptor = self.descriptor(numbers);
        let place = numbers.one(&["0", "size", "-1", "3"]);
        let whence = numbers.one(&["SEEK_SET", "SEEK_CUR", "SEEK_END"]);
        let call = format!("lseek({descriptor}, (off_t){place}, {whence})");
        self.call(numbers, Kind::Offset, &call);
    }

    fn status(&mut self, numbers: &mut Numbers) {
        let mut call = numbers.one(STATUS).replace('D', &self.descriptor(numbers));
        while call.contains("P,") || call.contains("P)") {
            let path = Self::path(numbers);
            call = if call.contains("P,") {
                call.replacen("P,", &format!("{path},"), 1)
            } else {
                call.replacen("P)", &format!("{path})"), 1)
            };
        }
        self.call(numbers, Kind::Status, &call);
    }

    fn repeat(&mut self, numbers: &mut Numbers) {
        self.depth += 1;
        let count = numbers.below(3) + 1;
        self.line(&format!("for (int k = 0; k < {count}; k++) {{"));
        self.statements(numbers, 1);
        self.line("}");
        self.depth -= 1;
    }

    fn between(&mut self, numbers: &mut Numbers) {
        let result = match self.results {
            0 => "1".to_owned(),
            count => format!("r{}", numbers.below(count)),
        };
        let text = numbers.one(BETWEEN);
        // Not the letters of other words.
        let text = text.replace(" R;", &format!(" {result};"));
        self.line(&text);
    }
}

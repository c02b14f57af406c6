//! Which backend is selected, in processes with an environment of their own.

mod common;

use std::process::{Command, Output};

use sysbatch::{Backend, Batch, DeviceError};

/// Says which backend a process with these variables selects.
fn selected(variables: &[(&str, &str)]) -> Output {
    Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "what_is_selected", "--nocapture"])
        .env_remove("SYSBATCH_BACKEND")
        .env_remove("BATCH_EMUL")
        .env_remove("BATCH_VERBOSE")
        .envs(variables.iter().copied())
        .output()
        .unwrap()
}

/// What is run in those processes. It is a test on its own as well.
#[test]
fn what_is_selected() {
    match Backend::select() {
        Ok(backend) => println!("selected {}: {}", backend.kind().name(), backend.choice()),
        Err(error) => println!("selected none: {error}"),
    }
}

/// The line that the process printed.
fn line(output: &Output) -> String {
    let text = String::from_utf8(output.stdout.clone()).unwrap();
    let line = text.lines().find(|line| line.contains("selected "));
    let line = line.unwrap_or_else(|| panic!("nothing was selected: {text}"));
    line[line.find("selected ").unwrap()..].to_owned()
}

#[test]
fn user_space_can_be_forced() {
    for variables in [
        &[("SYSBATCH_BACKEND", "user")][..],
        &[("SYSBATCH_BACKEND", "user"), ("BATCH_EMUL", "1")],
    ] {
        assert_eq!(
            line(&selected(variables)),
            "selected user: the environment variable SYSBATCH_BACKEND asks for it"
        );
    }
    assert_eq!(
        line(&selected(&[("BATCH_EMUL", "1")])),
        "selected user: the environment variable BATCH_EMUL asks for it"
    );
}

#[test]
fn the_kernel_can_be_forced() {
    let line = line(&selected(&[("SYSBATCH_BACKEND", "kernel")]));
    match Backend::kernel() {
        Ok(_) => assert_eq!(
            line,
            "selected kernel: the environment variable SYSBATCH_BACKEND asks for it"
        ),
        Err(error) => assert_eq!(
            line,
            format!(
                "selected none: SYSBATCH_BACKEND=kernel asks for the kernel backend, but: {error}"
            )
        ),
    }
}

#[test]
fn without_variables_it_is_what_there_is() {
    let line = line(&selected(&[("BATCH_EMUL", "0"), ("SYSBATCH_BACKEND", "")]));
    match Backend::kernel() {
        Ok(_) => assert_eq!(line, "selected kernel: the batch device is there and fits"),
        Err(error) => assert_eq!(line, format!("selected user: {error}")),
    }
}

#[test]
fn what_cannot_be() {
    assert_eq!(
        line(&selected(&[("SYSBATCH_BACKEND", "quick")])),
        "selected none: SYSBATCH_BACKEND is \"quick\"; it can be \"kernel\" or \"user\", or not be set"
    );
    assert_eq!(
        line(&selected(&[
            ("SYSBATCH_BACKEND", "kernel"),
            ("BATCH_EMUL", "1")
        ])),
        "selected none: BATCH_EMUL=1 and SYSBATCH_BACKEND=kernel contradict each other; \
         unset one of them"
    );
}

#[test]
fn it_says_so_on_standard_error() {
    let said = "sysbatch: backend user: the environment variable BATCH_EMUL asks for it\n";
    let loud = selected(&[("BATCH_EMUL", "1"), ("BATCH_VERBOSE", "1")]);
    assert_eq!(String::from_utf8_lossy(&loud.stderr), said);
    let quiet = selected(&[("BATCH_EMUL", "1")]);
    assert_eq!(String::from_utf8_lossy(&quiet.stderr), "");
}

#[test]
fn a_missing_device_says_what_to_do() {
    let error = DeviceError::Open {
        path: "/dev/sysbatch".into(),
        errno: rustix::io::Errno::NOENT,
    };
    assert_eq!(
        error.to_string(),
        "cannot open /dev/sysbatch: No such file or directory (os error 2); \
         is the module loaded? Try: modprobe sysbatch"
    );
}

#[test]
fn one_backend_serves_many_threads() {
    let backend = common::backend();
    let count = 50;
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                let mut batch = Batch::new();
                let pids: Vec<_> = (0..10).map(|_| batch.getpid()).collect();
                for _ in 0..count {
                    let results = batch.run(&backend).unwrap();
                    for pid in &pids {
                        assert_eq!(results.get(pid), Ok(rustix::process::getpid()));
                    }
                }
            });
        }
    });
    common::assert_crossings(&backend, 4 * count, 40 * count);
}

#[test]
fn batches_can_be_sent_to_other_threads() {
    fn send<T: Send>() {}
    fn sync<T: Sync>() {}
    send::<Batch<'_>>();
    sync::<Batch<'_>>();
    send::<sysbatch::Results<'_, '_>>();
    send::<Backend>();
    sync::<Backend>();
    send::<sysbatch::Handle<std::os::fd::OwnedFd>>();
}

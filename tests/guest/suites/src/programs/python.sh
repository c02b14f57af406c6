# Tests in Python, of what reaches the kernel.
cat > test_kernel.py <<'END'
import ctypes, fcntl, mmap, os, select, signal, socket, subprocess, sys, tempfile
import threading, time, unittest


class Files(unittest.TestCase):
    def test_temporary(self):
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "file")
            with open(path, "w") as file:
                file.write("text" * 1000)
            self.assertEqual(os.stat(path).st_size, 4000)
            os.rename(path, path + "2")
            self.assertEqual(os.listdir(folder), ["file2"])
        self.assertFalse(os.path.exists(folder))

    def test_mmap(self):
        with tempfile.TemporaryFile() as file:
            file.truncate(8192)
            with mmap.mmap(file.fileno(), 8192) as memory:
                memory[4096:4100] = b"here"
            self.assertEqual(os.pread(file.fileno(), 4, 4096), b"here")

    def test_locks(self):
        with tempfile.NamedTemporaryFile() as one, open(one.name) as other:
            fcntl.flock(one, fcntl.LOCK_EX)
            with self.assertRaises(BlockingIOError):
                fcntl.flock(other, fcntl.LOCK_EX | fcntl.LOCK_NB)

    def test_errors(self):
        for call in (lambda: os.open("/nothing", 0), lambda: os.read(99, 1),
                     lambda: os.mkdir("/proc/x"), lambda: os.kill(1 << 22, 0)):
            with self.assertRaises(OSError) as caught:
                call()
            print(caught.exception, flush=True)

    def test_bad_memory(self):
        libc = ctypes.CDLL(None, use_errno=True)
        self.assertEqual(libc.read(0, ctypes.c_void_p(8), 1), 0)
        self.assertEqual(libc.write(1, ctypes.c_void_p(8), 1), -1)
        self.assertEqual(ctypes.get_errno(), 14)


class Processes(unittest.TestCase):
    def test_subprocess(self):
        done = subprocess.run(["sh", "-c", "cat; echo err >&2; exit 5"], input=b"in",
                              capture_output=True)
        self.assertEqual((done.returncode, done.stdout, done.stderr), (5, b"in", b"err\n"))

    def test_fork(self):
        read, write = os.pipe()
        if os.fork() == 0:
            os.write(write, b"child")
            os._exit(3)
        self.assertEqual(os.read(read, 10), b"child")
        self.assertEqual(os.waitstatus_to_exitcode(os.wait()[1]), 3)

    def test_spawn(self):
        child = os.posix_spawn("/bin/sh", ["sh", "-c", "kill -9 $$"], {},
                               setsigmask=[signal.SIGUSR1], setsigdef=[signal.SIGPIPE])
        self.assertEqual(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), -9)

    def test_missing(self):
        with self.assertRaises(FileNotFoundError):
            subprocess.run(["/nothing"])

    def test_timeout(self):
        with self.assertRaises(subprocess.TimeoutExpired):
            subprocess.run(["sleep", "100"], timeout=0.2)

    def test_multiprocessing(self):
        import multiprocessing
        with multiprocessing.get_context("fork").Pool(3) as pool:
            self.assertEqual(pool.map(abs, range(-9, 0)), list(range(9, 0, -1)))


class Threads(unittest.TestCase):
    def test_condition(self):
        items, condition = [], threading.Condition()

        def take():
            with condition:
                condition.wait_for(lambda: len(items) >= 10)
        threads = [threading.Thread(target=take) for _ in range(5)]
        for thread in threads:
            thread.start()
        for number in range(10):
            with condition:
                items.append(number)
                condition.notify_all()
        for thread in threads:
            thread.join()


class Signals(unittest.TestCase):
    def test_alarm(self):
        seen = []
        signal.signal(signal.SIGALRM, lambda *_: seen.append(1))
        signal.setitimer(signal.ITIMER_REAL, 0.02, 0.02)
        end = time.monotonic() + 0.3
        while time.monotonic() < end or len(seen) < 3:
            time.sleep(0.05)
        signal.setitimer(signal.ITIMER_REAL, 0)
        self.assertGreaterEqual(len(seen), 3)

    def test_interrupted_read(self):
        class Stop(Exception):
            pass

        def stop(*_):
            raise Stop
        signal.signal(signal.SIGALRM, stop)
        read, _ = os.pipe()
        signal.setitimer(signal.ITIMER_REAL, 0.1)
        with self.assertRaises(Stop):
            os.read(read, 1)

    def test_mask(self):
        signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGUSR1])
        os.kill(os.getpid(), signal.SIGUSR1)
        self.assertEqual(signal.sigpending(), {signal.SIGUSR1})
        self.assertEqual(signal.sigwait([signal.SIGUSR1]), signal.SIGUSR1)


class Sockets(unittest.TestCase):
    def test_pair(self):
        one, other = socket.socketpair()
        poll = select.poll()
        poll.register(other, select.POLLIN)
        self.assertEqual(poll.poll(0), [])
        one.sendall(b"x" * 10)
        self.assertEqual(len(poll.poll()), 1)
        self.assertEqual(other.recv(100), b"x" * 10)

    def test_descriptors(self):
        one, other = socket.socketpair()
        read, write = os.pipe()
        socket.send_fds(one, [b"m"], [read])
        _, fds, _, _ = socket.recv_fds(other, 10, 1)
        os.write(write, b"passed")
        self.assertEqual(os.read(fds[0], 10), b"passed")
END
python3 -B -m unittest -v test_kernel < /dev/null 2>&1 | sed 's/ in [0-9.]*s$//'

# A server in Python with clients in Perl.
cat > server.py <<'END'
import os, selectors, signal, socket

selector = selectors.EpollSelector()
listener = socket.create_server(("127.0.0.1", 0))
listener.setblocking(False)
selector.register(listener, selectors.EVENT_READ, None)
with open("port.tmp", "w") as file:
    file.write(str(listener.getsockname()[1]))
os.rename("port.tmp", "port")
stopped, stop = os.pipe()
signal.signal(signal.SIGTERM, lambda *_: os.write(stop, b"x"))
selector.register(stopped, selectors.EVENT_READ, "stop")

def serve():
    while True:
        for key, _ in selector.select():
            if key.data == "stop":
                return
            if key.data is None:
                connection, _ = listener.accept()
                selector.register(connection, selectors.EVENT_READ, "client")
                continue
            received = key.fileobj.recv(4096)
            if received:
                key.fileobj.sendall(received.upper())
            else:
                selector.unregister(key.fileobj)
                key.fileobj.close()

serve()
print("the server ends")
END
cat > client.pl <<'END'
use strict;
use IO::Socket::INET;
my ($port, $name) = @ARGV;
my $socket = IO::Socket::INET->new(PeerAddr => "127.0.0.1", PeerPort => $port) or die "$!";
for my $number (1 .. 20) {
    print $socket "client $name asks $number\n";
    $socket->flush;
    my $answer = <$socket>;
    print $answer;
}
END
python3 -B server.py & server=$!
while ! test -e port; do sleep 0.1; done
for name in a b c d; do
    perl client.pl "$(cat port)" $name > client-$name & clients="$clients $!"
done
wait $clients
kill -TERM $server
wait $server
echo "server $?"
cat client-?
rm port

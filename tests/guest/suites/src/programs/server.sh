# A server in Python with clients in Perl.
cat > server.py <<'END'
import asyncio, os, signal

async def serve(reader, writer):
    while line := await reader.readline():
        writer.write(line.decode().upper().encode())
        await writer.drain()
    writer.close()

async def main():
    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    with open("port.tmp", "w") as file:
        file.write(str(port))
    os.rename("port.tmp", "port")
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    await stop.wait()
    server.close()
    print("the server ends")

asyncio.run(main())
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

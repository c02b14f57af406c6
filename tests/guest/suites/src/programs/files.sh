# Copies, archives, searches and sorts of a tree with links, holes, times and modes.
set -e
mkdir tree
cp -a /usr/lib/python3*/json /usr/share/git-core tree
ln -s json tree/link
ln tree/json/decoder.py tree/hard
ln -s nowhere tree/dangling
truncate -s 1M tree/hole
printf 'x%.0s' $(seq 1000) > tree/file; chmod 4751 tree/file; touch -d 2001-02-03T04:05:06.789 tree/file
touch -hd @1000000000 tree/*
touch -d @1000000000 tree
cp -a tree copy
diff -r --no-dereference tree copy
find copy -printf '%P %y %m %n %s %l %T@\n' | sort
tar --sort=name -cf tree.tar -C copy .
mkdir unpacked
tar -xpf tree.tar -C unpacked
find unpacked -printf '%P %y %m %n %s %l %T@\n' | sort | sha256sum
tar -czf - tree | gzip -dc | tar -tf - | sort | head -20
find tree -name '*.py' -exec grep -l import {} + | sort
find tree -type f -print0 | sort -z | xargs -0 -n 5 sha256sum | sort -k 2 > sums
sha256sum -c --quiet sums
cat tree/json/*.py | tr -cs 'a-zA-Z' '\n' | sort | uniq -c | sort -rn | head
gzip -n9 < tree.tar > tree.tar.gz
gzip -dc tree.tar.gz | cmp - tree.tar
seq 20000 | sort -R --random-source=/usr/bin/sort | sort -n --parallel=4 -S 100K | sha256sum
split -b 30000 tree.tar part.; cat part.* | cmp - tree.tar
dd if=tree.tar of=dd.out bs=777 skip=3 count=9 conv=sync 2> /dev/null
mv part.aa moved; rm part.*; rm -r unpacked; rmdir nothing 2>&1 || echo "rmdir $?"
cp -a nothing other 2>&1 || echo "cp $?"
tail -n 2 -f sums > tailed & tail=$!
while ! test -s tailed; do :; done
kill $tail; wait $tail 2> /dev/null || echo "tail $?"
timeout 0.2 sleep 100 || echo "timeout $?"

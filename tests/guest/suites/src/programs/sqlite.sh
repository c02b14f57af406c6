# Writers at once, in both kinds of journals.
for journal in delete wal; do
    sqlite3 $journal.db "pragma journal_mode = $journal;
        create table numbers (writer text, number integer, unique (writer, number));"
    writers=
    for writer in a b c d; do
        for number in 1 2 3 4 5 6 7 8; do
            echo "begin immediate;"
            echo "insert into numbers values ('$writer', $number);"
            echo "insert into numbers select '$writer', 100 + count(*) from numbers
                where writer = '$writer';"
            echo "commit;"
        done > $writer.sql
        sqlite3 -cmd '.timeout 250000' $journal.db < $writer.sql > $journal-$writer 2>&1 &
        writers="$writers $!"
    done
    for writer in $writers; do wait $writer; echo "writer $?"; done
    sqlite3 $journal.db "pragma integrity_check; select count(*), sum(number) from numbers;
        select * from numbers order by writer, number;"
    rm $journal.db*
done
ls

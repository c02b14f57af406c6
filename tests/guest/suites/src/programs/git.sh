# A history with branches, a merge, a conflict, a clone and a repack.
set -e
export GIT_AUTHOR_NAME=a GIT_AUTHOR_EMAIL=a@example.org GIT_COMMITTER_NAME=c
export GIT_COMMITTER_EMAIL=c@example.org GIT_CONFIG_NOSYSTEM=1 GIT_PAGER=cat
export GIT_AUTHOR_DATE='2001-02-03T04:05:06Z' GIT_COMMITTER_DATE='2001-02-03T04:05:06Z'
git init -q -b main project
cd project
git config pack.threads 1
git config gc.auto 0
cp /usr/lib/python3*/json/*.py .
git add .
git commit -qm 'Begin'
git checkout -qb side
sed -i 's/import/IMPORT/' decoder.py
git commit -qam 'Shout'
git checkout -q main
sed -i 's/import/Import/' decoder.py scanner.py
git commit -qam 'Say'
git merge side > /dev/null 2>&1 || echo "conflict $?"
git diff --stat
git checkout -q --theirs decoder.py
git add -A
git commit -qm 'Merge'
git log --graph --stat --format='%h %an %s'
git blame -s decoder.py | head -30
git tag -a -m 'a tag' first
git status --short --branch
git gc --quiet
git fsck --strict 2>&1
git clone -q . ../clone 2>&1
cd ../clone
git log -3 --oneline
git grep -c import | sort
git rev-list --all --objects | sha256sum
# It holds the times and numbers of files.
find .. -name index -delete

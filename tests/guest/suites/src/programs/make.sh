# A project of which jobs make parts, side by side; one of them fails.
cat > Makefile <<'END'
PARTS = $(shell seq 1 6)
all: whole
whole: $(PARTS:%=part-%)
	cat $(sort $^) | sort -n > $@
part-%: source
	@echo "making $@"
	sed "s/^/$* /" $< | tr a-z A-Z > $@.tmp
	cp $@.tmp $@ && rm $@.tmp
source:
	seq 1 30 | sed 's/$$/ text/' > $@
bad: part-1
	exit 3
nested:
	$(MAKE) -C sub
.PHONY: all bad nested
END
mkdir sub
printf 'all: a b c\n%%:\n\techo $@ > $@\n' > sub/Makefile
make -j4 --no-print-directory 2>&1 | sort
make -j4 2>&1
touch -d '1 hour ago' part-2 part-5
make -j4 -s 2>&1 | sort
make -j2 -k bad all > log 2>&1; echo "make $?"; sort log; rm log
make -j4 nested --no-print-directory 2>&1 | sort

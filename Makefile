# Two commands on a fresh machine: `make run` and `make test`. They need python3 and, the first time, the network.
# Paths are relative, so that any folder name works; programs are called as modules of .venv/bin/python, because
# the first line of an installed script holds an absolute path, which breaks when the folder is renamed.
.NOTPARALLEL:
.PHONY: help run test lint contract demo audit-verify examples openapi release lock bench bench-growth clean install
.DEFAULT_GOAL := help

VENV_PYTHON := .venv/bin/python
UV := uv==0.13.9
# the wheels of the lock files exist for these versions
FIND_PYTHON := for python in python3 python3.14 python3.13 python3.12 python3.11; do \
	"$$python" -c "import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 15))" 2>/dev/null \
	&& echo "$$python" && break; done
# runs the shell script $INSTALL while holding a lock on this file; flock(1) is not on every system
ONE_AT_A_TIME := import fcntl, os; lock = open("Makefile"); os.set_inheritable(lock.fileno(), True); \
	fcntl.flock(lock, fcntl.LOCK_EX); os.execvp("sh", ["sh", "-ec", os.environ["INSTALL"]])

# $(call installed,<lock file>): nothing to do, and no network needed, if .venv holds exactly this lock file
installed = cmp -s $(1) .venv/$(1) && $(VENV_PYTHON) -c "import pip" 2>/dev/null || $(MAKE) -s install LOCK=$(1)

help:
	@echo "make run [PORT=8000]  chạy máy chủ; tự cài thư viện và chuẩn bị cơ sở dữ liệu"
	@echo "make test             kiểm tra mã nguồn và chạy toàn bộ kiểm thử"
	@echo "make demo             đi qua các bước chính trên máy chủ đang chạy"
	@echo "make audit-verify     kiểm tra nhật ký: có dòng nào bị sửa, xóa, chèn thêm không"
	@echo "make lint             chỉ kiểm tra mã nguồn (ruff, mypy, import-linter)"
	@echo "make contract         chỉ kiểm tra hợp đồng API (openapi/): đúng, đầy đủ, không phá vỡ bản đã phát hành"
	@echo "make examples         ghi lại các ví dụ của hợp đồng từ một lần chạy thật, rồi openapi/openapi.json"
	@echo "make openapi          ghi lại openapi/openapi.json"
	@echo "make release          phát hành hợp đồng: kiểm tra, rồi ghi openapi/released.json"
	@echo "make lock             ghi lại requirements.lock và requirements-dev.lock từ pyproject.toml"
	@echo "make bench            đo tốc độ bên cạnh các cách làm khác (cần wrk; lần đầu tạo dữ liệu quốc gia, mất nhiều phút)"
	@echo "make bench-growth     đo xem thời gian tăng thế nào từ mười nghìn đến năm triệu đề nghị"
	@echo "make clean            xoá .venv và các tệp tạm; dữ liệu trong data/ được giữ nguyên"

run:
	@$(call installed,requirements.lock)
	@exec $(VENV_PYTHON) -m app run

test: lint
	@$(VENV_PYTHON) -m pytest

lint:
	@$(call installed,requirements-dev.lock)
	@$(VENV_PYTHON) -m ruff check .
	@$(VENV_PYTHON) -m ruff format --check .
	@$(VENV_PYTHON) -m mypy
	@$(VENV_PYTHON) -c "from importlinter.cli import lint_imports_command; lint_imports_command(['--no-logo'])"

contract:
	@$(call installed,requirements-dev.lock)
	@$(VENV_PYTHON) -m pytest tests/contract tests/test_examples.py

demo:
	@$(call installed,requirements.lock)
	@exec $(VENV_PYTHON) -m app demo

audit-verify:
	@$(call installed,requirements.lock)
	@exec $(VENV_PYTHON) -m app audit-verify

examples:
	@$(call installed,requirements-dev.lock)
	@$(VENV_PYTHON) -m tests.examples
	@$(VENV_PYTHON) -m app openapi

openapi:
	@$(call installed,requirements.lock)
	@$(VENV_PYTHON) -m app openapi

release: contract
	@$(VENV_PYTHON) -m tests.contract.releases

lock:
	@$(call installed,requirements.lock)
	@$(VENV_PYTHON) -m venv .venv/lock
	@.venv/lock/bin/python -m pip install -q --disable-pip-version-check $(UV)
	@$(call compile,requirements.lock)
	@$(call compile,requirements-dev.lock,--extra dev --constraint requirements.lock)

bench:
	@$(call installed,requirements.lock)
	@$(VENV_PYTHON) -m bench run

bench-growth:
	@$(call installed,requirements.lock)
	@$(VENV_PYTHON) -m bench growth

# universal: one file for every system and Python version; --no-config: no index of the machine gets in
compile = UV_CUSTOM_COMPILE_COMMAND="make lock" .venv/lock/bin/python -m uv pip compile pyproject.toml -q --no-config \
	--universal --python-version 3.11 --generate-hashes --no-strip-extras --no-emit-index-url --output-file $(1) $(2)

clean:
	rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis
	rm -rf openapi/node_modules openapi/client/schema.ts openapi/made
	find app alembic tests -name __pycache__ -type d -prune -exec rm -rf {} + 2>/dev/null || true

# The copy of the lock file in .venv is the mark of a finished installation; an interrupted one leaves none.
define INSTALL_SCRIPT
cmp -s "$$LOCK" ".venv/$$LOCK" && .venv/bin/python -c "import pip" 2>/dev/null && exit 0
if ! .venv/bin/python -m pip --version >/dev/null 2>&1; then
  "$$FOUND" -c "import ensurepip, venv" 2>/dev/null || {
    echo "Lỗi: $$FOUND thiếu mô-đun venv. Trên Debian/Ubuntu: sudo apt install python3-venv" >&2; exit 1; }
  "$$FOUND" -m venv --clear .venv
fi
rm -f ".venv/$$LOCK"
echo "Đang cài thư viện theo $$LOCK (chỉ lần đầu hoặc khi tệp này đổi, thường dưới một phút) …" >&2
.venv/bin/python -m pip install -q --disable-pip-version-check --no-input --require-hashes -r "$$LOCK" || {
  echo "Lỗi: chưa cài được thư viện. Lần đầu cần mạng để tải; hãy chạy lại." >&2; exit 1; }
cp "$$LOCK" ".venv/$$LOCK.new"
mv ".venv/$$LOCK.new" ".venv/$$LOCK"
endef

install: export INSTALL = $(INSTALL_SCRIPT)
install:
	@FOUND=$$($(FIND_PYTHON)); export FOUND; test -n "$$FOUND" || { \
		echo "Lỗi: cần Python 3.11 đến 3.14 (python3 --version)." >&2; exit 1; }; \
	LOCK=$(LOCK) exec "$$FOUND" -c '$(ONE_AT_A_TIME)'

# Sourced after lib.sh. Sets `python` to the interpreter of var/eval/venv with the packages of scripts/eval/requirements.txt, and installs
# them if they are missing.
venv=var/eval/venv
python=$venv/bin/python
virtual_environment "$venv" scripts/eval/requirements.txt --only-binary :all:
export PYTHONDONTWRITEBYTECODE=1 OPENBLAS_NUM_THREADS=1

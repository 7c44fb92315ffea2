# Sourced. Sets `python` to the interpreter of var/eval/venv with the packages of scripts/eval/requirements.txt, and installs
# them if they are missing.
venv=var/eval/venv
python=$venv/bin/python
if ! [[ $venv/complete -nt scripts/eval/requirements.txt ]]; then
    rm -rf "$venv"
    python3 -m venv "$venv"
    "$python" -m pip install --quiet --disable-pip-version-check --only-binary :all: \
        --requirement scripts/eval/requirements.txt
    touch "$venv/complete"
fi
export PYTHONDONTWRITEBYTECODE=1 OPENBLAS_NUM_THREADS=1

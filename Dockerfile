# One image for the dashboard, the HTTP API and the worker: docs/deploy.md says how it is run.
# One stage is enough: everything is installed from wheels, so there is no compiler to leave behind.
FROM python:3.11-slim-bookworm

ENV PIP_NO_CACHE_DIR=1 \
    PIP_DISABLE_PIP_VERSION_CHECK=1 \
    PIP_ROOT_USER_ACTION=ignore \
    PYTHONUNBUFFERED=1
WORKDIR /srv/handwriting-ai

# /data is the only folder that the user may write to: models, runs, drawings and rendered pictures.
RUN groupadd --gid 10001 digits \
    && useradd --no-log-init --uid 10001 --gid digits --home-dir /tmp --no-create-home --shell /usr/sbin/nologin digits \
    && install --directory --owner digits --group digits /data

# The largest layer, built anew only when a version changes. PyPI's torch would bring gigabytes of CUDA along.
COPY constraints.txt ./
RUN pip install --no-deps --constraint constraints.txt --index-url https://download.pytorch.org/whl/cpu torch torchvision

# An editable install is a path to src/, which is all but empty here: a change of the code needs no second install, and
# the package finds app/, data/ and .streamlit/ beside src/, as it does in a checkout.
COPY pyproject.toml ./
RUN mkdir --parents src/handwriting_ai \
    && touch README.md src/handwriting_ai/__init__.py \
    && pip install --constraint constraints.txt --editable '.[app,api,queue]'

COPY data ./data
COPY models ./models
COPY .streamlit ./.streamlit
COPY app ./app
COPY src ./src
# A named volume that is mounted on /data for the first time is filled with what lies there: the shipped models.
COPY --chown=digits:digits models /data/models
RUN python -m compileall -q app src

ENV APP__DATA_ROOT=/data \
    DIGITS__MODEL_DIR=/data/models
USER 10001:10001
EXPOSE 8501 8081
# Of the dashboard; compose.yaml asks the API and the worker in their own way.
HEALTHCHECK --interval=30s --timeout=10s --start-period=60s \
    CMD ["python", "-c", "from urllib.request import urlopen; urlopen('http://localhost:8501/_stcore/health', timeout=5)"]
CMD ["handwriting-ai", "app", "--host", "0.0.0.0"]

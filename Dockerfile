# foley on a CPU, as a user without rights: see docs/install.md.
#   docker build -t foley .
#   docker run --rm --user "$(id -u):$(id -g)" -v "$PWD:/work" foley dub clip.mp4
FROM python:3.12-slim-bookworm

# Settings and models that are pulled; any user may write there, as --user names one that has no home.
ENV HOME=/home/foley PIP_DISABLE_PIP_VERSION_CHECK=1 PYTHONDONTWRITEBYTECODE=1
RUN useradd --create-home --uid 1000 foley && chmod 1777 /home/foley

WORKDIR /src
COPY pyproject.toml README.md constraints.txt ./
COPY foleycli foleycli
RUN pip install --no-cache-dir -c constraints.txt --extra-index-url https://download.pytorch.org/whl/cpu .

USER 1000
WORKDIR /work
ENTRYPOINT ["foley"]
CMD ["--help"]

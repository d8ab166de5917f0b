"""What operators do meanwhile: import, change keys, back up, verify, reload, ask for refreshes. Some are killed."""
import json
import os
import random
import signal
import subprocess
import threading
import time

from processes import Failure

# Success; the daemon is not there, or somebody else has the store for now.
_ALLOWED = frozenset({0, 69, 75})


class Errands(threading.Thread):
    """One operator, who is never done. `new` are users that nobody imported yet."""

    def __init__(self, house, new, seed):
        super().__init__(daemon=True)
        self._house, self._new, self._dice = house, list(new), random.Random(seed)
        self._ended, self._number, self._host = threading.Event(), 0, house.hosts[0]
        # Whose import succeeded; what may have replaced tokens, as custody.py wants it; what went well, by name.
        self.imported, self.imports, self.done = set(), [], {}
        # Whose import failed, maybe after a part of it: it is made again.
        self._unsure = set()
        self.failure = None
        self._all = [self._import_new, self._import_anew, self._rotate, self._prune, self._reload, self._refresh,
                     self._verify]
        if not house.cluster:
            self._all += [self._back_up, self._back_up, self._compact]

    def run(self):
        try:
            while not self._ended.wait(self._dice.uniform(0.05, 0.5)):
                # Whichever host the operator is at.
                self._host = self._dice.choice(self._house.hosts)
                self._dice.choice(self._all)()
        except (Failure, OSError, ValueError) as failure:
            self.failure = failure

    def end(self):
        """Ends, and tells what went wrong."""
        self._ended.set()
        self.join(150)
        if self.failure or self.is_alive():
            raise self.failure or Failure("an errand does not end")

    def finish(self):
        """Imports whoever is left; everything works by now."""
        left = sorted({*self._new, *self._unsure})
        if left:
            self._take(left, is_sure=True)

    # MARK: Errands

    def _import_new(self):
        users = self._new[:self._dice.randint(1, 3)]
        if users and self._take(users):
            del self._new[:len(users)]

    def _import_anew(self):
        self._take(sorted(self._unsure)[:2] or self._dice.sample(sorted(self.imported), 2))

    def _take(self, users, is_sure=False):
        """Imports what the users got when they signed in: their old tokens end before the new ones are here."""
        began = time.time()
        self._number += 1
        path = self._house.file_of(self._house.sign_in(users), f"import-{self._number % 2}")
        is_done = self._do("import", "users", "import", path, is_sure=is_sure)
        self.imports += [(user, began, time.time()) for user in users]
        if is_done:
            self.imported.update(users)
            self._unsure.difference_update(users)
        else:
            self._unsure.update(users)
        return is_done

    def _rotate(self):
        self._do("rotate", "key", "rotate")

    def _prune(self):
        self._do("prune", "key", "prune")

    def _refresh(self):
        self._do("refresh", "refresh", "--all", "--no-wait")

    def _verify(self):
        if self._house.cluster:
            self._do("key status", "key", "status")
        else:
            self._do("verify", "store", "verify")

    def _back_up(self):
        path = f"{self._house.directory}/backup.sqlite"
        is_new = self._do("backup", "store", "backup", "--replace", path)
        # However that ended: what has the name is whole. The keys of an older one may be gone.
        if os.path.exists(path) and self._dice.random() < 0.3:
            self._do("verify backup", "store", "verify", path, dies=False,
                     allowed=_ALLOWED if is_new else {*_ALLOWED, 78})

    def _compact(self):
        self._do("compact", "store", "compact")

    def _reload(self):
        member = self._host.member
        path = member.configuration
        with open(path) as file:
            configuration = json.load(file)
        configuration["limits"]["concurrency"] = self._dice.choice([48, 64, 80])
        configuration["history"] = {"keep": self._dice.choice([5, 20])}
        member.configure(configuration)
        self._do("reload", "reload")

    def _do(self, name, *arguments, is_sure=False, dies=None, allowed=_ALLOWED):
        """Runs a command, which is killed in one case of four; says whether it succeeded."""
        dies = not is_sure and self._dice.random() < 0.25 if dies is None else dies
        process = self._host.member.begin(*arguments)
        try:
            text, _ = process.communicate(timeout=self._dice.uniform(0, 0.3) if dies else 60)
        except subprocess.TimeoutExpired:
            process.send_signal(signal.SIGKILL)
            text, _ = process.communicate()
            if not dies:
                raise Failure(f"bankrefreshd {' '.join(arguments[:2])} does not end: {text[-500:]}") from None
            return False
        if process.returncode not in ({0} if is_sure else allowed):
            raise Failure(f"bankrefreshd {' '.join(arguments[:2])} ended with {process.returncode}: {text[-800:]}")
        if process.returncode == 0:
            self.done[name] = self.done.get(name, 0) + 1
        return process.returncode == 0

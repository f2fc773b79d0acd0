"""The policy evaluator against another one, @cloud-copilot/iam-simulate (fetched by npm into the build
directory): on the situations of its own case collection, told anew in tests/support/policy_collection.py, and on random
cases, seeded; every difference must have one of the reasons of tests/support/policy_rewrites.py. GANTRY_POLICY_CASES
says how many random ones (5,000 when unset):

    GANTRY_POLICY_CASES=100000 GANTRY_IAM_SIMULATE_SOURCE=checkout ctest --test-dir build-test -R iam_simulate -V
"""
import collections
import itertools
import json
import os
import re
import shutil
import subprocess
import unittest

from support.policy_cases import Cases
from support.policy_collection import COLLECTION, DIFFERENT, REFUSED
from support.policy_rewrites import REWRITES, rewritten

VERSION = "0.1.173"
BUILD = os.path.dirname(os.environ["GANTRY_BIN"])
DIRECTORY = os.path.join(BUILD, "clients", "iam-simulate-" + VERSION)
MODULES = os.path.join(DIRECTORY, "node_modules")
OURS = [os.path.join(BUILD, "tests", "policy_oracle")]
THEIRS = ["node", os.path.join(os.path.dirname(__file__), "..", "support", "iam_simulate.mjs"), MODULES]
UNREACHABLE = r"ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ETIMEDOUT|ENETUNREACH|E40[134]"
SEED = 20251125
BATCH = 5_000


def install():
    if os.path.exists(os.path.join(MODULES, "@cloud-copilot", "iam-simulate", "package.json")):
        return
    if not shutil.which("npm"):
        raise unittest.SkipTest("npm is not installed")
    done = subprocess.run(["npm", "install", "--prefix", DIRECTORY, "--ignore-scripts", "--no-audit", "--no-fund",
                           "--no-save", "@cloud-copilot/iam-simulate@" + VERSION],
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    if done.returncode != 0 and re.search(UNREACHABLE, done.stdout):
        raise unittest.SkipTest("npm cannot reach its registry:\n" + done.stdout[-800:])
    if done.returncode != 0:
        raise AssertionError("npm install iam-simulate failed:\n" + done.stdout[-4000:])


def verdicts(command, cases):
    done = subprocess.run(command, input="".join(json.dumps(case) + "\n" for case in cases), text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    answers = done.stdout.splitlines()
    if done.returncode != 0 or len(answers) != len(cases):
        raise AssertionError(f"{command[0]} gave {len(answers)} of {len(cases)} verdicts: {done.stderr[-2000:]}")
    return answers


def reasons(differing):
    """For each (case, our verdict) the fewest known reasons that explain it; None when none do."""
    found = [None] * len(differing)
    for count in (1, 2, 3, len(REWRITES)):
        for names in itertools.combinations(REWRITES, count):
            open_cases = [i for i, name in enumerate(found) if name is None]
            if not open_cases:
                return found
            cases = [rewritten(differing[i][0], names) for i in open_cases]
            changed = [(i, case) for i, case in zip(open_cases, cases) if case != differing[i][0]]
            if not changed:
                continue
            asked = [case for _, case in changed]
            for (i, _), ours, theirs in zip(changed, verdicts(OURS, asked), verdicts(THEIRS, asked)):
                if ours == theirs == differing[i][1]:
                    found[i] = names
    return found


def own_cases(directory):
    """(name, case, verdict) of the oracle's own test cases that are about what we have: no organisations, no endpoints,
    no exploring of contexts that are left open."""
    for folder, _, files in sorted(os.walk(directory)):
        for file in sorted(f for f in files if f.endswith(".json")):
            path = os.path.join(folder, file)
            with open(path) as text:
                cases = json.load(text)
            for one in cases:
                if any(one.get(key) for key in ("serviceControlPolicies", "resourceControlPolicies",
                                                "vpcEndpointPolicies", "simulationMode")):
                    continue
                request = one["request"]
                case = {"principal": request["principal"], "action": request["action"],
                        "resource": request["resource"]["resource"],
                        "resourceAccount": request["resource"]["accountId"], "context": request.get("context") or {},
                        "identity": one.get("identityPolicies") or [],
                        "delegates": request["action"].lower().startswith(("kms:", "sts:")) and
                        request["resource"]["resource"] != "*"}
                boundaries = one.get("permissionBoundaryPolicies") or one.get("permissionBoundaries") or []
                if len(boundaries) > 1:
                    continue  # an identity has one
                for name, policy in (("resourcePolicy", one.get("resourcePolicy")),
                                     ("session", one.get("sessionPolicy")), ("boundary", (boundaries or [None])[0])):
                    if policy:
                        case[name] = policy
                yield f"{os.path.relpath(path, directory)}: {one['name']}", case, one["expected"]["response"]


class IamSimulate(unittest.TestCase):
    def test_its_collection(self):
        """Ours on every one; needs no network."""
        for (name, _, verdict), ours in zip(COLLECTION, verdicts(OURS, [case for _, case, _ in COLLECTION])):
            with self.subTest(case=name):
                if name in REFUSED:
                    self.assertTrue(ours.startswith("Invalid: line "), ours)
                elif name in DIFFERENT:
                    self.assertIn(ours, ("Allowed", "ImplicitlyDenied", "ExplicitlyDenied"))
                    self.assertNotEqual(ours, verdict, "there is no difference any more")
                else:
                    self.assertEqual(ours, verdict)
        print(f"\n{len(COLLECTION)} situations: {len(COLLECTION) - len(DIFFERENT) - len(REFUSED)} decided alike, "
              f"{len(DIFFERENT)} differ with a reason, {len(REFUSED)} have documents that IAM refuses")

    def test_its_collection_is_what_it_says(self):
        """That the verdicts of the collection are those of the oracle."""
        install()
        for (name, _, verdict), theirs in zip(COLLECTION, verdicts(THEIRS, [case for _, case, _ in COLLECTION])):
            with self.subTest(case=name):
                self.assertEqual(theirs, verdict)

    def test_a_checkout(self):
        """Its files themselves are not in its package: GANTRY_IAM_SIMULATE_SOURCE names a checkout of its repository."""
        source = os.environ.get("GANTRY_IAM_SIMULATE_SOURCE")
        if not source:
            self.skipTest("GANTRY_IAM_SIMULATE_SOURCE is not set")
        cases = list(own_cases(os.path.join(source, "src", "core_engine", "coreEngineTests")))
        ours = verdicts(OURS, [case for _, case, _ in cases])
        # Some have documents that AWS refuses: a Principal in an identity's policy, a principal that is a bare text.
        refused = sum(own.startswith("Invalid") for own in ours)
        different = [f"{name}: {verdict}, ours is {own}" for (name, _, verdict), own in zip(cases, ours)
                     if own != verdict and not own.startswith("Invalid")]
        print(f"\n{len(cases)} cases of its own, {refused} with documents that are none; {len(different)} differ",
              *different, sep="\n  ")
        self.assertEqual(different, [])

    def test_random_cases(self):
        install()
        total = int(os.environ.get("GANTRY_POLICY_CASES", "5000"))
        source = Cases(SEED)
        counted, differing = collections.Counter(), []
        for start in range(0, total, BATCH):
            cases = [source.case() for _ in range(min(BATCH, total - start))]
            for case, ours, theirs in zip(cases, verdicts(OURS, cases), verdicts(THEIRS, cases)):
                counted[ours] += 1
                self.assertIn(ours, ("Allowed", "ImplicitlyDenied", "ExplicitlyDenied"), json.dumps(case))
                if ours != theirs:
                    differing.append((case, ours, theirs))
        found = reasons(differing)
        print(f"\n{total} cases: {dict(counted)}; {len(differing)} differ")
        for names, count in collections.Counter(found).most_common():
            print(f"  {count:5} {' + '.join(names) if names else 'UNEXPLAINED'}")
        # A vocabulary in which nothing is ever allowed or denied would prove nothing.
        self.assertGreater(min(counted[v] for v in ("Allowed", "ExplicitlyDenied")), total // 50)
        unexplained = [d for d, names in zip(differing, found) if names is None]
        self.assertEqual(unexplained, [], json.dumps(unexplained[:1], indent=1))


if __name__ == "__main__":
    unittest.main()

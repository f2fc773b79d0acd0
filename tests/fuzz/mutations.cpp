// Runs the fuzz target on every file of a folder and on seeded mutations of them, with any compiler:
//
//     policy_mutations FOLDER [ROUNDS]
//
// A failure ends the program; what it was given last is in "failed-input" then.
#include "tests/support/mutator.h"

#include <algorithm>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);
extern int acceptedPolicies, allowedRequests; // by the target

namespace {

constexpr unsigned kSeed = 20251125;

std::string current; // input

void keepInput()
{
    std::ofstream("failed-input", std::ios::binary) << current;
}

void run(const std::string& input)
{
    current = input;
    LLVMFuzzerTestOneInput(reinterpret_cast<const std::uint8_t*>(current.data()), current.size());
}

std::vector<std::string> readCorpus(const char* folder)
{
    std::vector<std::filesystem::path> paths;
    for (const auto& entry : std::filesystem::directory_iterator(folder))
        paths.push_back(entry.path());
    std::sort(paths.begin(), paths.end()); // the same order everywhere
    std::vector<std::string> corpus;
    for (const std::filesystem::path& path : paths) {
        std::ifstream file(path, std::ios::binary);
        corpus.emplace_back(std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>());
    }
    return corpus;
}

} // namespace

// Of the sanitizers, before they end the program; the target's own checks abort.
extern "C" void __asan_on_error()
{
    keepInput();
}

int main(int count, char** arguments)
{
    std::signal(SIGABRT, [](int) { keepInput(); });
    const std::vector<std::string> corpus = count > 1 ? readCorpus(arguments[1]) : std::vector<std::string>();
    if (corpus.empty()) {
        std::fputs("usage: policy_mutations FOLDER [ROUNDS]\n", stderr);
        return 2;
    }
    const char* asked = std::getenv("GANTRY_FUZZ_ROUNDS");
    const int rounds = std::atoi(count > 2 ? arguments[2] : asked ? asked : "200000");
    for (const std::string& input : corpus)
        run(input);
    gantry::test::Mutator mutator(kSeed);
    for (int round = 0; round < rounds; ++round) {
        const std::string& input = corpus[mutator.below(corpus.size())];
        // The kind stays, who asks for what changes.
        const auto first = static_cast<unsigned char>(input[0] % 3 + 3 * static_cast<int>(mutator.below(80)));
        run(static_cast<char>(first) + mutator.mutate(input.substr(1)));
    }
    std::printf("%zu policies, %d mutations of them: %d are policies, %d requests allowed\n", corpus.size(),
                rounds, acceptedPolicies, allowedRequests);
    // Mutations that never get past the parser would prove nothing about the evaluator.
    return acceptedPolicies > rounds / 50 && allowedRequests > 0 ? 0 : 1;
}

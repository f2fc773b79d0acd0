#include "backend/observe/logs/needles.h"

#include <absl/container/flat_hash_set.h>
#include <absl/strings/ascii.h>

#include <algorithm>
#include <array>
#include <cstdint>

namespace gantry::observe::logs {
namespace {

// A run that happens to look like another word only makes the index find a chunk too many.
constexpr std::size_t kShortestRun = 4;
constexpr std::size_t kLongestRun = 64; // the rest of a longer one is not in the index
constexpr std::size_t kQueryWords = 24;

// Each byte in lower case; which of them make runs.
constexpr std::array<unsigned char, 256> kLower = [] {
    std::array<unsigned char, 256> table{};
    for (int i = 0; i < 256; ++i)
        table[static_cast<std::size_t>(i)] =
            static_cast<unsigned char>(i >= 'A' && i <= 'Z' ? i + 32 : i);
    return table;
}();

unsigned lower(char c)
{
    return kLower[static_cast<unsigned char>(c)];
}

bool inRun(char c)
{
    return absl::ascii_isalnum(static_cast<unsigned char>(c));
}

// Three bytes as a word of five letters and digits, for the index's tokenizer.
void appendTriple(std::string& out, std::uint32_t triple)
{
    constexpr std::string_view kAlphabet = "abcdefghijklmnopqrstuvwxyz234567";
    for (int shift = 20; shift >= 0; shift -= 5)
        out += kAlphabet[(triple >> shift) & 31U];
}

template <class Each> void eachTriple(std::string_view text, Each each)
{
    std::uint32_t triple = 0;
    int filled = 0;
    for (const char c : text) {
        if (c == '\n') {
            filled = 0;
            continue;
        }
        triple = ((triple << 8) | lower(c)) & 0xFFFFFFU;
        if (++filled >= 3)
            each(triple);
    }
}

struct Run {
    std::string_view text;
    bool atStart; // of the whole text, and so perhaps a part of a longer run elsewhere
    bool atEnd;
};

// Calls each(run) for the runs with a digit.
template <class Each> void eachRun(std::string_view text, Each each)
{
    for (std::size_t i = 0; i < text.size();) {
        if (!inRun(text[i])) {
            ++i;
            continue;
        }
        const std::size_t start = i;
        bool digit = false;
        for (; i < text.size() && inRun(text[i]); ++i)
            digit = digit || absl::ascii_isdigit(static_cast<unsigned char>(text[i]));
        const std::size_t size = i - start;
        if (digit && size >= kShortestRun)
            each(Run{text.substr(start, std::min(size, kLongestRun)), start == 0,
                     i == text.size() && size <= kLongestRun});
    }
}

void toLowerCase(std::string& text)
{
    for (char& c : text)
        c = static_cast<char>(lower(c));
}

std::string lowerCase(std::string_view text)
{
    std::string result(text);
    toLowerCase(result);
    return result;
}

// A set of the 2^24 possible triples that is cheap to empty.
class Triples final {
public:
    bool insert(std::uint32_t triple)
    {
        std::uint64_t& word = m_bits[triple >> 6];
        const std::uint64_t bit = std::uint64_t{1} << (triple & 63U);
        if (word & bit)
            return false;
        word |= bit;
        m_members.push_back(triple);
        return true;
    }
    void clear()
    {
        for (const std::uint32_t triple : m_members)
            m_bits[triple >> 6] = 0;
        m_members.clear();
    }
    const std::vector<std::uint32_t>& members() const { return m_members; }

private:
    std::vector<std::uint64_t> m_bits = std::vector<std::uint64_t>(1U << 18);
    std::vector<std::uint32_t> m_members;
};

} // namespace

std::string indexWords(std::string_view messages,
                       const google::protobuf::RepeatedPtrField<std::string>& requestIds)
{
    thread_local Triples triples;
    triples.clear();
    eachTriple(messages, [](std::uint32_t triple) { triples.insert(triple); });
    absl::flat_hash_set<std::string> runs;
    std::string word; // reused: an id is in every line of its invocation
    const auto keep = [&](const Run& run) {
        word.assign(run.text);
        toLowerCase(word);
        runs.insert(word);
    };
    eachRun(messages, keep);
    for (const std::string& id : requestIds)
        eachRun(id, keep);
    std::string words;
    words.reserve(triples.members().size() * 6 + runs.size() * 13);
    for (const std::uint32_t triple : triples.members()) {
        appendTriple(words, triple);
        words += ' ';
    }
    for (const std::string& run : runs) {
        words += run;
        words += ' ';
    }
    return words;
}

std::string indexQuery(const std::vector<std::string>& texts, std::string_view requestId)
{
    std::vector<std::string> words;
    const auto keep = [&words](std::string_view word, bool prefix = false) {
        std::string quoted = '"' + lowerCase(word) + (prefix ? "\"*" : "\"");
        if (std::find(words.begin(), words.end(), quoted) == words.end())
            words.push_back(std::move(quoted));
    };
    eachRun(requestId, [&](const Run& run) { keep(run.text); });
    for (const std::string& text : texts)
        eachRun(text, [&](const Run& run) {
            if (!run.atStart)
                keep(run.text, run.atEnd);
        });
    std::vector<std::uint32_t> triples;
    for (const std::string& text : texts)
        eachTriple(text, [&](std::uint32_t triple) { triples.push_back(triple); });
    std::sort(triples.begin(), triples.end());
    triples.erase(std::unique(triples.begin(), triples.end()), triples.end());
    const std::size_t step = std::max<std::size_t>(1, triples.size() / kQueryWords);
    for (std::size_t i = 0; i < triples.size() && words.size() < kQueryWords; i += step) {
        std::string word;
        appendTriple(word, triples[i]);
        keep(word);
    }
    std::string query;
    for (const std::string& word : words) {
        if (!query.empty())
            query += " AND ";
        query += word;
    }
    return query;
}

} // namespace gantry::observe::logs

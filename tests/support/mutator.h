// Seeded mutations of texts, so that a failure repeats.
#pragma once

#include <cstddef>
#include <iterator>
#include <random>
#include <string>
#include <string_view>

namespace gantry::test {

class Mutator final {
public:
    explicit Mutator(unsigned seed) : m_random(seed) {}
    std::size_t below(std::size_t end) { return end ? m_random() % end : 0; }

    std::string mutate(std::string text)
    {
        for (std::size_t i = below(3) + 1; i > 0; --i)
            once(text);
        return text;
    }

    std::string draw(std::string_view alphabet, std::size_t most)
    {
        std::string text;
        for (std::size_t i = below(most + 1); i > 0; --i)
            text += alphabet[below(alphabet.size())];
        return text;
    }

private:
    void once(std::string& text)
    {
        static const char* const kPieces[] = {
            "{", "}", "[", "]", "\"", ":", ",", "\\u0000", "null", "1e999", "*", "?", "${", "}", "\"*\"",
            "\xff", "\xfe", "\xc3\xa4", "Not", "IfExists", "ForAllValues:", "\n", "arn:",
            "[[[[[[[[[[[[[[[[[[[", "/33", "\"Effect\":\"Deny\",", "\"Sid\":\"A\","};
        const std::size_t at = below(text.size() + 1);
        switch (below(4)) {
        case 0:
            text.insert(at, kPieces[below(std::size(kPieces))]);
            break;
        case 1:
            text.erase(at, below(8) + 1);
            break;
        case 2:
            if (!text.empty())
                text[below(text.size())] = static_cast<char>(m_random());
            break;
        default:
            text.insert(at, text.substr(below(text.size() + 1), below(64)));
        }
    }

    std::mt19937 m_random;
};

} // namespace gantry::test

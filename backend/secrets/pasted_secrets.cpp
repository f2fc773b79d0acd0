#include "backend/secrets/pasted_secrets.h"

#include "backend/base/text.h"

#include <absl/strings/ascii.h>
#include <absl/strings/match.h>
#include <absl/strings/str_cat.h>
#include <re2/re2.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <initializer_list>
#include <memory>
#include <set>

namespace gantry::secrets {
namespace {

constexpr std::size_t kMaxLineBytes = 4'096; // longer ones are data, or minified
constexpr std::size_t kMaxFound = 100;       // of one text
constexpr std::size_t kMaxKeyBytes = 16'384; // of a private key
constexpr std::size_t kShortestPassword = 6;

struct Form {
    const char* kind;
    const char* pattern; // of the secret alone
};

// Forms that the providers document.
constexpr std::array<Form, 20> kForms = {{
    {"AWS access key", "(?:AKIA|ASIA)[A-Z2-7]{16}"},
    {"GitHub token", "gh[pousr]_[A-Za-z0-9]{36,255}|github_pat_[A-Za-z0-9_]{60,255}"},
    {"GitLab token", "glpat-[A-Za-z0-9_-]{20,}"},
    {"Slack token", "xox[abeprs]-[A-Za-z0-9-]{10,}"},
    {"Slack webhook", "https://hooks\\.slack\\.com/services/T[A-Z0-9]+/B[A-Z0-9]+/[A-Za-z0-9]{16,}"},
    {"Stripe key", "(?:sk|rk)_(?:live|test)_[A-Za-z0-9]{16,}|whsec_[A-Za-z0-9+/=]{24,}"},
    {"Google API key", "AIza[A-Za-z0-9_-]{35}"},
    {"npm token", "npm_[A-Za-z0-9]{36}"},
    {"PyPI token", "pypi-AgEI[A-Za-z0-9_-]{50,}"},
    {"SendGrid key", "SG\\.[A-Za-z0-9_-]{16,}\\.[A-Za-z0-9_-]{16,}"},
    {"Twilio key", "SK[0-9a-f]{32}"},
    {"Telegram bot token", "[0-9]{8,10}:AA[A-Za-z0-9_-]{33}"},
    {"DigitalOcean token", "do[opr]_v1_[a-f0-9]{64}"},
    {"Hugging Face token", "hf_[A-Za-z0-9]{34,}"},
    {"Shopify token", "shp(?:at|ca|pa|ss)_[a-fA-F0-9]{32}"},
    {"Anthropic API key", "sk-ant-[A-Za-z0-9_-]{20,}"},
    {"OpenAI API key", "sk-(?:proj-|svcacct-)?[A-Za-z0-9_-]{32,}"},
    {"private key", "-----BEGIN (?:[A-Z]+ )*PRIVATE KEY-----[A-Za-z0-9+/=\\s\\\\:,.-]*"},
    {"JSON web token", "eyJ[A-Za-z0-9_-]{8,}\\.eyJ[A-Za-z0-9_-]{8,}\\.[A-Za-z0-9_-]{8,}"},
    {"address with a password", "[a-z][a-z0-9+.-]*://[^/\\s:@\"']*:[^/\\s@\"'$<{%]{3,}@[^\\s\"']+"},
}};

struct Matcher {
    const char* kind;
    RE2 whole;
    RE2 within; // a line, not in the middle of a word
    explicit Matcher(const Form& form)
        : kind(form.kind), whole(absl::StrCat("(?s)(?:", form.pattern, ")"), RE2::Quiet),
          within(absl::StrCat("(?:^|[^A-Za-z0-9_])(", form.pattern, ")"), RE2::Quiet)
    {
    }
};

const std::vector<std::unique_ptr<Matcher>>& matchers()
{
    static const auto all = [] {
        std::vector<std::unique_ptr<Matcher>> made;
        for (const Form& form : kForms)
            made.push_back(std::make_unique<Matcher>(form));
        return made;
    }();
    return all;
}

re2::StringPiece piece(std::string_view text)
{
    return {text.data(), text.size()};
}

struct Make { // of a text
    int lower = 0, upper = 0, digits = 0, others = 0;
    int changes = 0;   // from one of these to another
    double bits = 0.0; // Shannon entropy of a character
};

Make makeOf(std::string_view text)
{
    Make make;
    std::array<int, 256> counts{};
    const int* before = nullptr;
    for (const char c : text) {
        const auto byte = static_cast<unsigned char>(c);
        ++counts[byte];
        int& kind = absl::ascii_islower(byte)   ? make.lower
                    : absl::ascii_isupper(byte) ? make.upper
                    : absl::ascii_isdigit(byte) ? make.digits
                                                : make.others;
        ++kind;
        make.changes += before && before != &kind ? 1 : 0;
        before = &kind;
    }
    for (const int count : counts) {
        if (count > 0) {
            const double share = static_cast<double>(count) / static_cast<double>(text.size());
            make.bits -= share * std::log2(share);
        }
    }
    return make;
}

bool containsOneOf(std::string_view text, std::initializer_list<const char*> words)
{
    return std::any_of(words.begin(), words.end(),
                       [&](const char* word) { return absl::StrContains(view(text), word); });
}

bool endsWithOneOf(std::string_view text, std::initializer_list<const char*> words)
{
    return std::any_of(words.begin(), words.end(),
                       [&](const char* word) { return absl::EndsWith(view(text), word); });
}

// What examples and templates have in the place of a secret.
bool isPlaceholder(std::string_view value)
{
    const std::string lower = absl::AsciiStrToLower(view(value));
    static const RE2 plain("(?i)[0-9.,:-]*|true|false|yes|no|on|off|none|null|enabled|disabled|required|"
                           "optional|default|\\$\\{?[A-Za-z_].*|<.*>|\\{\\{.*|%.*%|\\*+");
    return RE2::FullMatch(piece(value), plain) || std::set<char>(lower.begin(), lower.end()).size() < 4 ||
           containsOneOf(lower, {"example", "changeme", "change-me", "change_me", "placeholder", "your-",
                                 "your_", "xxxx", "dummy", "redacted", "not-a-real", "....", "1234567890"});
}

// Whether what the name names is a secret: DB_PASSWORD, apiKey, STRIPE_SECRET_2, not TOKEN_TTL.
bool hasTellingName(std::string_view name)
{
    std::string lower = absl::AsciiStrToLower(view(name));
    static const RE2 tail("[_-]?(?:[0-9]+|prod|production|dev|staging|test|live|value|string|old|new)$");
    while (RE2::Replace(&lower, tail, "")) {
    }
    return endsWithOneOf(lower, {"password", "passwd", "pwd", "passphrase", "secret", "token", "api_key",
                                 "apikey", "api-key", "private_key", "privatekey", "access_key",
                                 "accesskey", "secret_key", "secretkey", "auth_key", "signing_key",
                                 "encryption_key", "credential", "credentials"});
}

// Names and addresses of things, which are no secrets themselves.
bool isReference(std::string_view name, std::string_view value)
{
    const std::string lower = absl::AsciiStrToLower(view(name));
    static const RE2 uuid("[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}");
    static const RE2 path("[A-Za-z][A-Za-z0-9-]*(?:/[A-Za-z0-9_+=.@-]+)+"); // as secrets are named
    return endsWithOneOf(lower, {"_arn", "_name", "_id", "_ids", "_url", "_uri", "_path", "_file", "_sha",
                                 "_hash", "_digest", "_commit", "_version", "_etag", "checksum"}) ||
           absl::StartsWith(view(value), "arn:") || absl::StartsWith(view(value), "/") ||
           absl::StrContains(view(value), "://") || RE2::FullMatch(piece(value), uuid) ||
           RE2::FullMatch(piece(value), path);
}

bool looksRandom(std::string_view value)
{
    constexpr std::size_t kShortest = 24;
    constexpr double kBits = 3.8, kChanges = 0.45; // words put together change less often
    static const RE2 opaque("[A-Za-z0-9+/=_-]+");
    if (value.size() < kShortest || value.size() > kMaxLineBytes || !RE2::FullMatch(piece(value), opaque))
        return false;
    const Make make = makeOf(value);
    return make.lower > 1 && make.upper > 1 && make.digits > 1 && make.bits >= kBits &&
           make.changes >= kChanges * static_cast<double>(value.size());
}

// "access_token" and "X-Auth-Token" are names, whatever they are assigned to.
bool looksLikePassword(std::string_view literal)
{
    const Make make = makeOf(literal);
    static const RE2 word("[A-Za-z]+(?:[ _./:-][A-Za-z]+)*[0-9]?");
    return !isPlaceholder(literal) && !RE2::FullMatch(piece(literal), word) &&
           (make.digits > 0 || make.others > 0) && make.lower + make.upper > 0;
}

// name = "literal", "name": 'literal', name["x"] = ...; the literal without blanks.
std::optional<SuspectLine> assignedIn(std::string_view line)
{
    static const RE2 assignment("([A-Za-z_][A-Za-z0-9_.-]*)[\"'\\]]*\\s*(?::=|=>|[:=])\\s*[\"'`]"
                                "([^\"'`\\s<>{}$]{6,})[\"'`]");
    re2::StringPiece rest = piece(line);
    std::string name, literal;
    while (RE2::FindAndConsume(&rest, assignment, &name, &literal)) {
        if (hasTellingName(name) && looksLikePassword(literal) && !isReference(name, literal))
            return SuspectLine{0, name, {"a literal whose name says so", literal}};
    }
    return std::nullopt;
}

std::string nameBefore(std::string_view line, std::string_view secret)
{
    static const RE2 assigned("([A-Za-z_][A-Za-z0-9_]*)[\"'\\]]*\\s*(?::=|=>|[:=])\\s*[\"'`]?$");
    std::string name;
    RE2::PartialMatch(piece(line.substr(0, line.find(secret))), assigned, &name);
    return name;
}

std::optional<SuspectLine> knownIn(std::string_view line)
{
    for (const auto& matcher : matchers()) {
        std::string text;
        if (RE2::PartialMatch(piece(line), matcher->within, &text) && !isPlaceholder(text))
            return SuspectLine{0, nameBefore(line, text), {matcher->kind, text}};
    }
    return std::nullopt;
}

// All lines of a private key that begins in the text.
std::string wholeKey(std::string_view text)
{
    constexpr std::string_view kEnd = "PRIVATE KEY-----";
    const std::size_t begin = text.find("-----BEGIN ");
    const std::size_t end = text.find("-----END ", begin);
    const std::size_t last = text.find(kEnd, end);
    if (end == std::string_view::npos || last == std::string_view::npos || last - begin > kMaxKeyBytes)
        return {};
    return std::string(text.substr(begin, last + kEnd.size() - begin));
}

} // namespace

std::string masked(std::string_view text)
{
    const std::size_t shown = text.size() >= 16 ? 4 : 1;
    std::size_t end = std::min(shown, text.size());
    while (end < text.size() && (static_cast<unsigned char>(text[end]) & 0xc0) == 0x80)
        ++end; // to the end of a character
    return absl::StrCat(view(text.substr(0, end)), "…");
}

std::optional<Suspicion> suspect(std::string_view name, std::string_view value)
{
    if (value.size() < kShortestPassword || isPlaceholder(value))
        return std::nullopt;
    for (const auto& matcher : matchers()) {
        if (RE2::FullMatch(piece(value), matcher->whole))
            return Suspicion{matcher->kind, std::string(value)};
    }
    if (isReference(name, value))
        return std::nullopt;
    if (hasTellingName(name))
        return Suspicion{"the name says so", std::string(value)};
    if (looksRandom(value))
        return Suspicion{"a random text", std::string(value)};
    return std::nullopt;
}

std::vector<SuspectLine> suspectLines(std::string_view source)
{
    std::vector<SuspectLine> found;
    int number = 0;
    while (!source.empty() && found.size() < kMaxFound) {
        const std::size_t end = source.find('\n');
        const std::string_view line = source.substr(0, end), from = source;
        source.remove_prefix(end == std::string_view::npos ? source.size() : end + 1);
        ++number;
        if (line.size() > kMaxLineBytes || line.size() < 8)
            continue;
        auto suspicious = knownIn(line);
        if (!suspicious)
            suspicious = assignedIn(line);
        if (!suspicious)
            continue;
        if (suspicious->suspicion.kind == "private key") {
            suspicious->suspicion.text = wholeKey(from);
            if (suspicious->suspicion.text.empty())
                continue; // only spoken of
        }
        suspicious->line = number;
        found.push_back(*std::move(suspicious));
    }
    return found;
}

} // namespace gantry::secrets

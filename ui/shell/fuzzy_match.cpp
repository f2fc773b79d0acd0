#include "ui/shell/fuzzy_match.h"

#include <QStringList>

#include <algorithm>

namespace gantry::ui {

namespace {

// A word begins at the start, after a separator, and at a capital after a small letter.
bool beginsWord(const QString& text, qsizetype at)
{
    if (at == 0)
        return true;
    const QChar before = text[at - 1];
    const QChar here = text[at];
    return !before.isLetterOrNumber() || (before.isLower() && here.isUpper());
}

// The best place where the word stands in one piece, if it does.
bool matchPiece(const QString& text, const QString& word, FuzzyMatch& match)
{
    qsizetype at = text.indexOf(word, 0, Qt::CaseInsensitive);
    if (at < 0)
        return false;
    qsizetype best = at;
    while (at >= 0 && !beginsWord(text, best)) {
        if (beginsWord(text, at))
            best = at;
        at = text.indexOf(word, at + 1, Qt::CaseInsensitive);
    }
    if (best == 0)
        match.level = word.size() == text.size() ? FuzzyMatch::Exact : FuzzyMatch::Prefix;
    else
        match.level = beginsWord(text, best) ? FuzzyMatch::WordPrefix : FuzzyMatch::Inside;
    match.position = int(best);
    match.ranges = {{int(best), int(word.size())}};
    return true;
}

// The word's letters in order, each at the start of a word where that is possible.
bool matchScattered(const QString& text, const QString& word, FuzzyMatch& match)
{
    qsizetype from = 0;
    match.ranges.clear();
    for (qsizetype w = 0; w < word.size(); ++w) {
        qsizetype found = -1;
        for (qsizetype at = from; at < text.size(); ++at) {
            if (text[at].toLower() != word[w].toLower())
                continue;
            if (found < 0)
                found = at;
            const bool continues = w > 0 && at == from;
            if (continues || beginsWord(text, at)) {
                found = at;
                break;
            }
        }
        if (found < 0)
            return false;
        if (!match.ranges.isEmpty() &&
            match.ranges.constLast().start + match.ranges.constLast().length == found)
            ++match.ranges.last().length;
        else
            match.ranges.append({int(found), 1});
        from = found + 1;
    }
    match.level = FuzzyMatch::Scattered;
    match.position = int(match.ranges.size());  // fewer pieces are better
    return true;
}

// A jump to the start of a word may skip letters that were needed; then the plain order decides.
bool matchPlainOrder(const QString& text, const QString& word, FuzzyMatch& match)
{
    match.ranges.clear();
    qsizetype from = 0;
    for (const QChar letter : word) {
        const qsizetype found = text.indexOf(letter, from, Qt::CaseInsensitive);
        if (found < 0)
            return false;
        match.ranges.append({int(found), 1});
        from = found + 1;
    }
    match.level = FuzzyMatch::Scattered;
    match.position = int(text.size());
    return true;
}

QList<FuzzyMatch::Range> united(QList<FuzzyMatch::Range> ranges)
{
    std::sort(ranges.begin(), ranges.end(),
              [](const auto& a, const auto& b) { return a.start < b.start; });
    QList<FuzzyMatch::Range> merged;
    for (const FuzzyMatch::Range& range : std::as_const(ranges)) {
        if (!merged.isEmpty() && range.start <= merged.constLast().start + merged.constLast().length) {
            FuzzyMatch::Range& last = merged.last();
            last.length = qMax(last.length, range.start + range.length - last.start);
        } else {
            merged.append(range);
        }
    }
    return merged;
}

} // namespace

FuzzyQuery::FuzzyQuery(const QString& typed)
    : m_words(typed.simplified().split(QLatin1Char(' '), Qt::SkipEmptyParts))
{
}

std::optional<FuzzyMatch> FuzzyQuery::match(const QString& text) const
{
    FuzzyMatch all;
    all.length = int(text.size());
    for (const QString& word : m_words) {
        FuzzyMatch one;
        if (!matchPiece(text, word, one) && !matchScattered(text, word, one) &&
            !matchPlainOrder(text, word, one))
            return std::nullopt;
        all.level = std::max(all.level, one.level);
        all.position += one.position;
        all.ranges += one.ranges;
    }
    all.ranges = united(all.ranges);
    return all;
}

} // namespace gantry::ui

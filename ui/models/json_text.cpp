#include "ui/models/json_text.h"

#include <QCoreApplication>

namespace gantry::models {

namespace {

constexpr int kMaxDepth = 500;

// Reads one JSON value and writes it indented at the same time. Stops at the first error.
class Scanner final {
    Q_DECLARE_TR_FUNCTIONS(gantry::models::JsonText)
public:
    explicit Scanner(const QString& text) : m_text(text) { m_out.reserve(text.size() * 5 / 4); }

    bool scan()
    {
        skipSpace();
        if (atEnd())
            return fail(tr("The text is empty; a JSON value is expected."));
        if (!value(0))
            return false;
        skipSpace();
        return atEnd() || fail(tr("There is more text after the end of the value."));
    }
    qsizetype errorAt() const { return m_errorAt; }
    const QString& message() const { return m_message; }
    const QString& formatted() const { return m_out; }

private:
    bool atEnd() const { return m_at >= m_text.size(); }
    QChar peek() const { return atEnd() ? QChar() : m_text.at(m_at); }

    bool fail(const QString& message)
    {
        m_errorAt = m_at;
        m_message = message;
        return false;
    }

    void skipSpace()
    {
        while (!atEnd() && QStringView(u" \t\r\n").contains(m_text.at(m_at)))
            ++m_at;
    }

    void newLine(int depth)
    {
        m_out += QLatin1Char('\n');
        m_out.append(QString(depth * 2, QLatin1Char(' ')));
    }

    bool value(int depth)
    {
        if (depth > kMaxDepth)
            return fail(tr("The value is nested more than %1 levels deep.").arg(kMaxDepth));
        const QChar c = peek();
        if (c == QLatin1Char('{'))
            return members(depth, QLatin1Char('}'), true);
        if (c == QLatin1Char('['))
            return members(depth, QLatin1Char(']'), false);
        if (c == QLatin1Char('"'))
            return string();
        if (c == QLatin1Char('-') || isDigit(c))
            return number();
        return word();
    }

    // An object or an array: the same but for the keys.
    bool members(int depth, QChar close, bool keyed)
    {
        m_out += m_text.at(m_at++);
        skipSpace();
        if (peek() == close) {
            m_out += m_text.at(m_at++);
            return true;
        }
        for (;;) {
            newLine(depth + 1);
            if ((keyed && !key()) || !value(depth + 1))
                return false;
            skipSpace();
            const QChar c = peek();
            if (c == close)
                break;
            if (c != QLatin1Char(','))
                return fail(atEnd() ? tr("“%1” is missing.").arg(close)
                                    : tr("“,” or “%1” is expected here.").arg(close));
            m_out += m_text.at(m_at++);
            skipSpace();
            if (peek() == close)
                return fail(tr("A value is expected after the comma."));
        }
        newLine(depth);
        m_out += m_text.at(m_at++);
        return true;
    }

    bool key()
    {
        if (peek() != QLatin1Char('"'))
            return fail(tr("A key in double quotes is expected here."));
        if (!string())
            return false;
        skipSpace();
        if (peek() != QLatin1Char(':'))
            return fail(tr("“:” is expected after the key."));
        ++m_at;
        m_out += QLatin1String(": ");
        skipSpace();
        return true;
    }

    bool string()
    {
        const qsizetype start = m_at++;
        for (; !atEnd(); ++m_at) {
            const QChar c = m_text.at(m_at);
            if (c == QLatin1Char('"')) {
                ++m_at;
                m_out += QStringView(m_text).mid(start, m_at - start);
                return true;
            }
            if (c < QLatin1Char(' '))
                return fail(c == QLatin1Char('\n')
                                ? tr("The string does not end on its line.")
                                : tr("Control characters must be escaped in a string."));
            if (c == QLatin1Char('\\') && !escape())
                return false;
        }
        return fail(tr("The string does not end."));
    }

    // Leaves m_at on the last character of the escape.
    bool escape()
    {
        ++m_at;
        const QChar c = peek();
        if (c != QLatin1Char('u'))
            return QStringView(u"\"\\/bfnrt").contains(c) && !atEnd()
                       ? true
                       : fail(tr("This escape does not exist in JSON."));
        for (int i = 0; i < 4; ++i) {
            ++m_at;
            if (atEnd() || !isxdigit(peek().toLatin1()))
                return fail(tr("“\\u” needs four hexadecimal digits."));
        }
        return true;
    }

    static bool isDigit(QChar c) { return c >= QLatin1Char('0') && c <= QLatin1Char('9'); }

    bool digits()
    {
        if (!isDigit(peek()))
            return fail(tr("A digit is expected here."));
        while (isDigit(peek()))
            ++m_at;
        return true;
    }

    bool number()
    {
        const qsizetype start = m_at;
        if (peek() == QLatin1Char('-'))
            ++m_at;
        if (peek() == QLatin1Char('0')) {
            ++m_at;
            if (isDigit(peek()))
                return fail(tr("A number must not start with a zero."));
        } else if (!digits()) {
            return false;
        }
        if (peek() == QLatin1Char('.')) {
            ++m_at;
            if (!digits())
                return false;
        }
        if (peek() == QLatin1Char('e') || peek() == QLatin1Char('E')) {
            ++m_at;
            if (peek() == QLatin1Char('+') || peek() == QLatin1Char('-'))
                ++m_at;
            if (!digits())
                return false;
        }
        m_out += QStringView(m_text).mid(start, m_at - start);
        return true;
    }

    bool word()
    {
        for (const QLatin1String known :
             {QLatin1String("true"), QLatin1String("false"), QLatin1String("null")}) {
            if (QStringView(m_text).mid(m_at).startsWith(known)) {
                m_at += known.size();
                m_out += known;
                return true;
            }
        }
        if (peek() == QLatin1Char('\''))
            return fail(tr("Strings are written in double quotes."));
        return fail(atEnd() ? tr("The text ends before the value does.")
                            : tr("A value is expected here."));
    }

    const QString& m_text;
    QString m_out;
    QString m_message;
    qsizetype m_at = 0;
    qsizetype m_errorAt = 0;
};

} // namespace

std::optional<JsonError> checkJson(const QString& text)
{
    Scanner scanner(text);
    if (scanner.scan())
        return std::nullopt;
    JsonError error;
    error.offset = scanner.errorAt();
    error.message = scanner.message();
    const QStringView before = QStringView(text).left(error.offset);
    error.line = static_cast<int>(before.count(QLatin1Char('\n'))) + 1;
    error.column = static_cast<int>(error.offset - before.lastIndexOf(QLatin1Char('\n')));
    return error;
}

QString formatJson(const QString& text)
{
    Scanner scanner(text);
    return scanner.scan() ? scanner.formatted() : text;
}

} // namespace gantry::models

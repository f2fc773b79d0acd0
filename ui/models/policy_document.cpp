#include "ui/models/policy_document.h"

#include <QCoreApplication>
#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <QVector>

#include <algorithm>

namespace gantry::models {

namespace {

QString tr(const char* text) { return QCoreApplication::translate("policy", text); }

// Strings, and for conditions also numbers and booleans, alone or in a list.
std::optional<QStringList> stringsOf(const QJsonValue& value)
{
    QStringList out;
    const auto add = [&out](const QJsonValue& each) {
        if (each.isString())
            out.append(each.toString());
        else if (each.isBool())
            out.append(each.toBool() ? QStringLiteral("true") : QStringLiteral("false"));
        else if (each.isDouble())
            out.append(each.toVariant().toString());
        else
            return false;
        return true;
    };
    if (!value.isArray())
        return add(value) ? std::optional(out) : std::nullopt;
    for (const QJsonValue& each : value.toArray()) {
        if (!add(each))
            return std::nullopt;
    }
    return out;
}

class Reader final {
public:
    std::optional<PolicyDocument> read(const QJsonObject& object)
    {
        PolicyDocument document;
        document.version = QStringLiteral("2008-10-17");
        for (auto it = object.begin(); it != object.end(); ++it) {
            if (it.key() == QLatin1String("Version"))
                document.version = it.value().toString();
            else if (it.key() == QLatin1String("Id"))
                document.id = it.value().toString();
            else if (it.key() == QLatin1String("Statement"))
                readStatements(it.value(), document);
            else
                fail(tr("a policy has no element \"%1\"").arg(it.key()));
        }
        return m_error.isEmpty() ? std::optional(document) : std::nullopt;
    }
    QString error() const { return m_error; }

private:
    void fail(const QString& what)
    {
        if (m_error.isEmpty())
            m_error = what;
    }

    void readStatements(const QJsonValue& value, PolicyDocument& document)
    {
        const QJsonArray list = value.isArray() ? value.toArray() : QJsonArray{value};
        for (const QJsonValue& each : list) {
            if (!each.isObject())
                return fail(tr("a statement is an object"));
            document.statements.append(readStatement(each.toObject(), document.statements.size() + 1));
        }
    }

    PolicyStatement readStatement(const QJsonObject& object, qsizetype number)
    {
        PolicyStatement statement;
        for (auto it = object.begin(); it != object.end(); ++it) {
            const QString name = it.key();
            const QString where = tr("Statement %1: %2").arg(number).arg(name);
            const bool negated = name.startsWith(QLatin1String("Not"));
            if (name == QLatin1String("Sid"))
                statement.sid = it.value().toString();
            else if (name == QLatin1String("Effect"))
                readEffect(it.value(), where, statement);
            else if (name == QLatin1String("Action") || name == QLatin1String("NotAction"))
                readList(it.value(), where, statement.actions, statement.notAction, negated);
            else if (name == QLatin1String("Resource") || name == QLatin1String("NotResource"))
                readList(it.value(), where, statement.resources, statement.notResource, negated);
            else if (name == QLatin1String("Principal") || name == QLatin1String("NotPrincipal"))
                readPrincipals(it.value(), where, statement, negated);
            else if (name == QLatin1String("Condition"))
                readConditions(it.value(), where, statement);
            else
                fail(tr("%1: there is no such element").arg(where));
        }
        return statement;
    }

    void readEffect(const QJsonValue& value, const QString& where, PolicyStatement& statement)
    {
        statement.allow = value.toString() == QLatin1String("Allow");
        if (!statement.allow && value.toString() != QLatin1String("Deny"))
            fail(tr("%1: must be Allow or Deny").arg(where));
    }

    void readList(const QJsonValue& value, const QString& where, QStringList& out, bool& isNegated,
                  bool negated)
    {
        const auto strings = stringsOf(value);
        if (!strings)
            return fail(tr("%1: must be a string or a list of strings").arg(where));
        out = *strings;
        isNegated = negated;
    }

    void readPrincipals(const QJsonValue& value, const QString& where, PolicyStatement& statement,
                        bool negated)
    {
        statement.notPrincipal = negated;
        if (value.toString() == QLatin1String("*"))
            return statement.principals.append({QStringLiteral("*"), QString()});
        if (!value.isObject())
            return fail(tr("%1: must be \"*\" or an object").arg(where));
        const QJsonObject object = value.toObject();
        for (auto it = object.begin(); it != object.end(); ++it) {
            const auto strings = stringsOf(it.value());
            if (!strings)
                return fail(tr("%1: must be a string or a list of strings").arg(where));
            for (const QString& each : *strings)
                statement.principals.append({it.key(), each});
        }
    }

    void readConditions(const QJsonValue& value, const QString& where, PolicyStatement& statement)
    {
        if (!value.isObject())
            return fail(tr("%1: must be an object").arg(where));
        const QJsonObject operators = value.toObject();
        for (auto op = operators.begin(); op != operators.end(); ++op) {
            const QJsonObject keys = op.value().toObject();
            for (auto key = keys.begin(); key != keys.end(); ++key) {
                const auto strings = stringsOf(key.value());
                if (!strings)
                    return fail(tr("%1: a value must be a string or a list").arg(where));
                statement.conditions.append({op.key(), key.key(), *strings});
            }
        }
    }

    QString m_error;
};

// Writes JSON line by line and knows on which line it is.
class Writer final {
public:
    QString write(const PolicyDocument& document, QList<int>* lines)
    {
        open(QStringLiteral("{"));
        member(QStringLiteral("Version"), quoted(document.version));
        if (!document.id.isEmpty())
            member(QStringLiteral("Id"), quoted(document.id));
        next();
        open(QStringLiteral("\"Statement\": ["));
        for (const PolicyStatement& statement : document.statements) {
            next();
            if (lines)
                lines->append(static_cast<int>(m_lines.size()) + 1);
            writeStatement(statement);
        }
        if (lines)
            lines->append(static_cast<int>(m_lines.size()) + 1);
        close(QLatin1Char(']'));
        close(QLatin1Char('}'));
        return m_lines.join(QLatin1Char('\n'));
    }

private:
    static QString quoted(const QString& text)
    {
        const QByteArray list = QJsonDocument(QJsonArray{text}).toJson(QJsonDocument::Compact);
        return QString::fromUtf8(list.mid(1, list.size() - 2));
    }
    void line(const QString& text) { m_lines.append(QString(m_depth * 4, QLatin1Char(' ')) + text); }
    void open(const QString& text)
    {
        line(text);
        ++m_depth;
        m_first = true;
    }
    void close(QLatin1Char bracket)
    {
        --m_depth;
        line(QString(bracket));
        m_first = false;
    }
    // A comma after what came before in the same bracket.
    void next()
    {
        if (!m_first)
            m_lines.last() += QLatin1Char(',');
        m_first = false;
    }
    void member(const QString& name, const QString& json)
    {
        next();
        line(quoted(name) + QStringLiteral(": ") + json);
    }
    void list(const QString& name, const QStringList& values)
    {
        if (values.size() == 1)
            return member(name, quoted(values.first()));
        next();
        open(quoted(name) + QStringLiteral(": ["));
        for (const QString& value : values) {
            next();
            line(quoted(value));
        }
        close(QLatin1Char(']'));
    }

    void writeStatement(const PolicyStatement& statement)
    {
        open(QStringLiteral("{"));
        if (!statement.sid.isEmpty())
            member(QStringLiteral("Sid"), quoted(statement.sid));
        member(QStringLiteral("Effect"), statement.allow ? QStringLiteral("\"Allow\"")
                                                         : QStringLiteral("\"Deny\""));
        if (!statement.principals.isEmpty())
            writePrincipals(statement);
        list(statement.notAction ? QStringLiteral("NotAction") : QStringLiteral("Action"),
             statement.actions);
        if (!statement.resources.isEmpty())
            list(statement.notResource ? QStringLiteral("NotResource") : QStringLiteral("Resource"),
                 statement.resources);
        if (!statement.conditions.isEmpty())
            writeConditions(statement.conditions);
        close(QLatin1Char('}'));
    }

    void writePrincipals(const PolicyStatement& statement)
    {
        const QString name = statement.notPrincipal ? QStringLiteral("NotPrincipal")
                                                    : QStringLiteral("Principal");
        if (statement.principals.first().first == QLatin1String("*"))
            return member(name, QStringLiteral("\"*\""));
        next();
        open(quoted(name) + QStringLiteral(": {"));
        QStringList types;
        for (const auto& principal : statement.principals) {
            if (!types.contains(principal.first))
                types.append(principal.first);
        }
        for (const QString& type : std::as_const(types)) {
            QStringList values;
            for (const auto& principal : statement.principals) {
                if (principal.first == type)
                    values.append(principal.second);
            }
            list(type, values);
        }
        close(QLatin1Char('}'));
    }

    void writeConditions(const QList<PolicyCondition>& conditions)
    {
        next();
        open(QStringLiteral("\"Condition\": {"));
        QStringList operators;
        for (const PolicyCondition& condition : conditions) {
            if (!operators.contains(condition.op))
                operators.append(condition.op);
        }
        for (const QString& op : std::as_const(operators)) {
            next();
            open(quoted(op) + QStringLiteral(": {"));
            for (const PolicyCondition& condition : conditions) {
                if (condition.op == op)
                    list(condition.key, condition.values);
            }
            close(QLatin1Char('}'));
        }
        close(QLatin1Char('}'));
    }

    QStringList m_lines;
    int m_depth = 0;
    bool m_first = true;
};

} // namespace

std::optional<PolicyDocument> PolicyDocument::parse(const QString& text, QString* error, int* line)
{
    const QByteArray bytes = text.toUtf8();
    QJsonParseError problem;
    const QJsonDocument json = QJsonDocument::fromJson(bytes, &problem);
    if (!json.isObject()) {
        if (error)
            *error = json.isNull() ? problem.errorString() : tr("a policy is an object");
        if (line)
            *line = 1 + static_cast<int>(bytes.left(problem.offset).count('\n'));
        return std::nullopt;
    }
    Reader reader;
    auto document = reader.read(json.object());
    if (error)
        *error = reader.error();
    if (line)
        *line = 0;
    return document;
}

QString PolicyDocument::toText(QList<int>* lines) const
{
    return Writer().write(*this, lines);
}

QString formatPolicyText(const QString& text, QList<int>* lines)
{
    const auto document = PolicyDocument::parse(text);
    return document ? document->toText(lines) : text;
}

QString diffTexts(const QString& before, const QString& after)
{
    const QStringList a = before.split(QLatin1Char('\n')), b = after.split(QLatin1Char('\n'));
    const qsizetype n = a.size(), m = b.size();
    // Longest common subsequence from every place on.
    QVector<QVector<int>> common(n + 1, QVector<int>(m + 1, 0));
    for (qsizetype i = n - 1; i >= 0; --i) {
        for (qsizetype j = m - 1; j >= 0; --j)
            common[i][j] = a[i] == b[j] ? common[i + 1][j + 1] + 1
                                        : std::max(common[i + 1][j], common[i][j + 1]);
    }
    QStringList lines;
    qsizetype i = 0, j = 0;
    while (i < n || j < m) {
        if (i < n && j < m && a[i] == b[j]) {
            lines.append(QStringLiteral("  ") + a[i++]);
            ++j;
        } else if (i < n && (j == m || common[i + 1][j] >= common[i][j + 1])) {
            lines.append(QStringLiteral("- ") + a[i++]);
        } else {
            lines.append(QStringLiteral("+ ") + b[j++]);
        }
    }
    return lines.join(QLatin1Char('\n'));
}

} // namespace gantry::models

#pragma once

#include <QList>
#include <QPair>
#include <QString>
#include <QStringList>

#include <optional>

namespace gantry::models {

struct PolicyCondition {
    QString op, key; // StringEquals, aws:SourceIp
    QStringList values;
    bool operator==(const PolicyCondition&) const = default;
};

struct PolicyStatement {
    QString sid;
    bool allow = true;
    bool notAction = false, notResource = false, notPrincipal = false;
    QStringList actions;
    QStringList resources;
    QList<QPair<QString, QString>> principals; // AWS and an ARN; "*" and nothing
    QList<PolicyCondition> conditions;
    bool operator==(const PolicyStatement&) const = default;
};

// A policy document as forms show and change it. Its text has the elements in the order in which AWS
// writes them; reading a text and writing it again loses nothing but its layout.
struct PolicyDocument {
    QString version = QStringLiteral("2012-10-17");
    QString id;
    QList<PolicyStatement> statements;

    // Nothing for a text that no form could show; error says why and where.
    static std::optional<PolicyDocument> parse(const QString& text, QString* error = nullptr,
                                               int* line = nullptr);
    // lines receives the line, from 1, at which each statement begins, and that of the end.
    QString toText(QList<int>* lines = nullptr) const;
    bool operator==(const PolicyDocument&) const = default;
};

// The text laid out as toText does; as it is when it cannot be read.
QString formatPolicyText(const QString& text, QList<int>* lines = nullptr);

// "What this allows": a sentence for every statement.
QStringList policySentences(const PolicyDocument& document);

// What of one text is not in the other: lines with "- ", "+ " or two spaces before them.
QString diffTexts(const QString& before, const QString& after);

} // namespace gantry::models

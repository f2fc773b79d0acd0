#pragma once

#include <QDateTime>
#include <QList>
#include <QMap>
#include <QString>
#include <QStringList>

namespace gantry::rpc {

// A secret as lists and its page show it; never its value.
struct SecretInfo {
    QString arn;
    QString name;
    QString description;
    QString keyId; // empty: the default key
    QMap<QString, QStringList> stages; // by version id
    QDateTime created;
    QDateTime changed;
    QDateTime accessed; // the day; invalid: never
    QDateTime deleted;  // invalid: it is not
    bool rotates = false;
    QString rotationFunction;
    QString rotationRule; // "every 30 days" or a schedule expression
    QDateTime rotated;
    QDateTime nextRotation;
    QMap<QString, QString> tags;
};

struct SecretValue {
    QString text;      // of a binary secret: base64
    bool binary = false;
    QString versionId;
};

struct RotationInfo {
    QString versionId;
    QDateTime started;
    QDateTime ended; // invalid: it runs
    QString step;
    QString error;
    bool scheduled = false;
};

struct ParameterInfo {
    QString name;
    QString type; // String, StringList, SecureString
    QString description;
    QString tier;
    QString keyId;
    qint64 version = 0;
    QDateTime changed;
};

struct KeyInfo {
    QString id;
    QString arn;
    QString description;
    QString state; // Enabled, Disabled, PendingDeletion
    QStringList aliases;
    bool managed = false; // by the platform
    QDateTime created;
    QDateTime deletion;
};

struct VaultInfo {
    QString masterKeyId;
    bool inKeyring = false;
    QString file;
    QDateTime masterKeyCreated;
};

struct SecretUse {
    QString functionName;
    QString variable;
};

// Something that looks like a secret where it should not be: in a variable, or in a line of code.
struct PastedSecret {
    QString functionName;
    QString variable;
    QString file;
    int line = 0;
    QString kind;   // in words
    QString masked; // its first characters
    QString name;   // for the secret that could be made of it
};

struct PastedSecrets {
    QList<PastedSecret> found;
    bool truncated = false;
};

struct MovedSecret {
    PastedSecret from;
    QString arn, name;
    QString variable; // that has the ARN
    QString role, policy;
    QString code; // what reads it, in the function's language
};

} // namespace gantry::rpc

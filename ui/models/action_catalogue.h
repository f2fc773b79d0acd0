#pragma once

#include <QHash>
#include <QList>
#include <QString>
#include <QStringList>

namespace gantry::models {

struct CatalogueAction {
    QString name;   // lambda:InvokeFunction
    QString access; // List, Read, Write, Tagging, Permissions management
    QString about;  // invoke a Lambda function
    QStringList resources, keys;
};

struct CatalogueResource {
    QString type, arn; // with ${Region}, ${Account} and names to fill in
};

struct CatalogueService {
    QString prefix, name;
    QList<CatalogueAction> actions;
    QList<CatalogueResource> resources;
    QStringList keys;
};

// The actions, resource types and condition keys of the services that functions use, from
// resources/iam/actions.json. Read once, when it is first asked for.
class ActionCatalogue final {
public:
    static const ActionCatalogue& instance();

    const QList<CatalogueService>& services() const { return m_services; }
    const CatalogueService* service(const QString& prefix) const;
    const CatalogueAction* action(const QString& name) const; // no case
    QStringList actionNames() const { return m_names; }
    // How many actions a pattern such as s3:Get* names.
    int matching(const QString& pattern) const;
    // Condition keys for some action patterns: the global ones and those of their services.
    QStringList keysFor(const QStringList& actions) const;

private:
    ActionCatalogue();

    QList<CatalogueService> m_services;
    QHash<QString, QPair<int, int>> m_byName; // in lower case
    QStringList m_names;
};

// Every operator that a condition may have.
QStringList conditionOperators();

} // namespace gantry::models

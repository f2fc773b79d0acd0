#pragma once

#include <QDialog>
#include <QStringList>

class QComboBox;
class QLineEdit;
class QPushButton;

namespace gantry::models {
class KnownResources;
}

namespace gantry::ui {

class TextTable;

// Makes the ARN of a resource: by choosing something that exists, or from the form that ARNs of a
// type have.
class ResourceBuilder final : public QDialog {
    Q_OBJECT
public:
    // actions: of the statement; types of their services come first.
    ResourceBuilder(models::KnownResources& known, const QStringList& actions, QWidget* parent);

Q_SIGNALS:
    void picked(const QString& arn);

private:
    void fillKnown();
    void fillRegions();
    void fillTypes(const QStringList& actions);
    void fillArn();

    models::KnownResources& m_known;
    TextTable* m_table;
    QComboBox *m_type, *m_region;
    QLineEdit* m_arn;
    QPushButton* m_ok;
};

} // namespace gantry::ui

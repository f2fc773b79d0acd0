#pragma once

#include "ui/rpc/functions_types.h"

#include <QFrame>

#include <optional>
#include <vector>

class QComboBox;
class QLabel;
class QLineEdit;
class QPushButton;

namespace gantry::widgets {
class TrafficSplit;
}

namespace gantry::ui {

// One alias: where its traffic goes, as a bar that is dragged between two versions. Without an
// alias it makes a new one.
class AliasEditor final : public QFrame {
    Q_OBJECT
public:
    // slot: part of object names, unique on the page.
    explicit AliasEditor(const QString& slot, QWidget* parent = nullptr);

    void setVersions(const QStringList& versions); // newest first; $LATEST included
    // Keeps the user's edits when the alias is the same.
    void setAlias(const std::optional<rpc::Alias>& alias);
    void setObserved(std::optional<double> secondShare);
    void showProblem(const QString& text);
    void saved();
    rpc::Alias edited() const;

Q_SIGNALS:
    void saveRequested();
    void removeRequested();

private:
    void showAlias();
    void showState();
    bool isDirty() const;

    std::optional<rpc::Alias> m_alias;
    QLineEdit* m_name;
    QLineEdit* m_description;
    QComboBox* m_first;
    QComboBox* m_second;
    widgets::TrafficSplit* m_split;
    QLabel* m_problem;
    QPushButton* m_save;
    QPushButton* m_remove;
};

} // namespace gantry::ui

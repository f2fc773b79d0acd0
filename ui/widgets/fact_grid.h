#pragma once

#include <QHash>
#include <QWidget>

class QGridLayout;
class QLabel;

namespace gantry::widgets {

// Names and values in two columns, the names muted. Values can be selected and change in place.
class FactGrid final : public QWidget {
    Q_OBJECT
public:
    explicit FactGrid(QWidget* parent = nullptr);

    // Adds the fact or changes its value.
    void set(const QString& name, const QString& value);
    QString value(const QString& name) const;

private:
    QGridLayout* m_grid = nullptr;
    QHash<QString, QLabel*> m_values;
};

} // namespace gantry::widgets

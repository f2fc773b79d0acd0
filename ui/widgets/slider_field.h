#pragma once

#include <QWidget>

#include <vector>

class QSlider;
class QSpinBox;

namespace gantry::widgets {

// A number to be chosen by eye or exactly: a slider that stops at chosen steps, close together
// where small differences matter, and beside it a field for any value of the range.
class SliderField final : public QWidget {
    Q_OBJECT
public:
    // name: accessible name of the field, e.g. "Memory"; steps ascend, the first and the last are
    // the range.
    SliderField(const QString& objectName, const QString& name, const QString& unit,
                std::vector<int> steps, QWidget* parent = nullptr);

    int value() const;
    // Does not emit.
    void setValue(int value);
    QSpinBox* field() const { return m_field; }

    // Memory of a function: 128 MB to 10 GB, and /tmp: 512 MB to 10 GB.
    static std::vector<int> memorySteps();
    static std::vector<int> tmpSteps();

Q_SIGNALS:
    void valueChanged(int value); // by the user

private:
    int nearestStep(int value) const;

    std::vector<int> m_steps;
    QSlider* m_slider;
    QSpinBox* m_field;
};

} // namespace gantry::widgets
